/* SPDX-License-Identifier: MIT */
/*
 * T28: children inherit descriptors and mappings. One uses a frame, unmaps and closes all; one
 * only execs. Neither ends anything for the parent, which goes on streaming.
 * rule: none
 * devices: vivid
 */
#include "common.h"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

static void wait_for(pid_t pid)
{
	int status;

	CHECK(waitpid(pid, &status, 0));
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		die("the child has failed");
}

static void use(const struct video *cap, const struct dbuf *exported, unsigned int i)
{
	(void)cap->map[i][0];
	sync_start(exported[i].fd, DMA_BUF_SYNC_READ);
	(void)exported[i].map[0];
	sync_end(exported[i].fd, DMA_BUF_SYNC_READ);
}

static void forked(const struct video *cap, struct dbuf *exported, unsigned int i)
{
	pid_t pid = fork();

	CHECK(pid);
	if (pid == 0) {
		use(cap, exported, i);
		for (unsigned int n = 0; n < BUFFERS; n++)
			unmap(cap->map[n], cap->size);
		dbufs_finish(exported);
		CHECK(close(cap->fd));
		_exit(0);
	}
	wait_for(pid);
}

static void spawned(void)
{
	char *argv[] = {"true", NULL};
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		die("posix_spawnp");
	wait_for(pid);
}

int main(void)
{
	struct dbuf exported[BUFFERS];
	struct video cap;
	unsigned int i;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	for (i = 0; i < BUFFERS; i++)
		dbuf_init(&exported[i], video_export(&cap, i), cap.size);
	video_queue_all(&cap, NULL);
	video_start(&cap);
	i = video_dequeue(&cap);
	forked(&cap, exported, i);
	spawned();
	use(&cap, exported, i);
	video_queue(&cap, i, -1);
	use(&cap, exported, video_dequeue(&cap));
	video_close(&cap);
	dbufs_finish(exported);
	return 0;
}
