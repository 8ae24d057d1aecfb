/* SPDX-License-Identifier: MIT */
/*
 * LIF01: a frame is read after its mapping is gone. The program catches the crash.
 * rule: LIF01
 * severity: error
 * devices: vivid
 */
#include "common.h"

#include <signal.h>
#include <unistd.h>

static void caught(int sig)
{
	(void)sig;
	_exit(0);
}

int main(void)
{
	volatile unsigned char *frame;
	struct video cap;
	unsigned int i;

	case_begin();
	signal(SIGSEGV, caught);
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	i = video_dequeue(&cap);
	frame = cap.map[i];
	cap.map[i] = NULL;
	if (!TWIN)
		unmap(frame, cap.size);
	(void)frame[0]; /* EXPECT LIF01 */
	if (TWIN)
		unmap(frame, cap.size);
	video_close(&cap);
	return 0;
}
