/* SPDX-License-Identifier: MIT */
/*
 * T33: fresh buffers are the program's: read as they come, cleared, then queued for the first
 * time.
 * rule: none
 * devices: heap vivid
 */
#include "common.h"

#include <string.h>

static void own_memory(void)
{
	struct video cap;

	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	for (int i = 0; i < BUFFERS; i++) {
		(void)cap.map[i][0];
		memset((void *)cap.map[i], 0, cap.size);
	}
	video_queue_all(&cap, NULL);
	video_start(&cap);
	(void)cap.map[video_dequeue(&cap)][0];
	video_close(&cap);
}

static void imported(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;

	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF);
	dbufs_new(bufs, cap.size);
	for (int i = 0; i < BUFFERS; i++) {
		sync_start(bufs[i].fd, DMA_BUF_SYNC_RW);
		(void)bufs[i].map[0];
		memset((void *)bufs[i].map, 0, bufs[i].size);
		sync_end(bufs[i].fd, DMA_BUF_SYNC_RW);
	}
	video_queue_all(&cap, bufs);
	video_start(&cap);
	(void)video_dequeue(&cap);
	video_close(&cap);
	dbufs_finish(bufs);
}

int main(void)
{
	case_begin();
	own_memory();
	imported();
	return 0;
}
