/* SPDX-License-Identifier: MIT */
/*
 * T38: a debugger reads frames that a device has. That is no access of the program, and
 * it must find the memory there.
 * rule: none
 * near: OWN02
 * devices: vivid
 */
#include "common.h"

#include <errno.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit status: 0 it could read all frames. */
static int debug(pid_t program, const struct video *cap)
{
	int status, bad = 0;

	if (ptrace(PTRACE_ATTACH, program, NULL, NULL) || waitpid(program, &status, 0) != program)
		return 1;
	for (int i = 0; i < BUFFERS; i++) {
		errno = 0;
		(void)ptrace(PTRACE_PEEKDATA, program, cap->map[i], NULL);
		bad |= errno;
	}
	return ptrace(PTRACE_DETACH, program, NULL, NULL) || bad;
}

int main(void)
{
	pid_t program = getpid(), child;
	struct video cap;
	int status;

	case_begin();
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
	child = fork();
	if (!child)
		_exit(debug(program, &cap));
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			die("waitpid");
	if (status)
		die("the debugger could not get at the frames");
	for (int n = 0; n < 3; n++)
		video_queue(&cap, video_dequeue(&cap), -1);
	video_close(&cap);
	return 0;
}
