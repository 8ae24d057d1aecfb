/* SPDX-License-Identifier: MIT */
/*
 * T5: a frame queued for output is only read by the device, so the program may read it too:
 * through the node's own mapping, and through a dma-buf inside a READ bracket.
 * rule: none
 * devices: heap vivid
 */
#include "common.h"

static void own_mapping(void)
{
	struct video out;

	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_MMAP);
	for (unsigned int i = 0; i < BUFFERS; i++)
		out.map[i][0] = 1;
	video_queue_all(&out, NULL);
	video_start(&out);
	(void)out.map[0][0];
	(void)out.map[2][out.size - 1];
	video_close(&out);
}

static void imported(void)
{
	struct dbuf bufs[BUFFERS];
	struct video out;

	video_stream_dmabuf(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, bufs);
	sync_start(bufs[2].fd, DMA_BUF_SYNC_READ);
	(void)bufs[2].map[0];
	sync_end(bufs[2].fd, DMA_BUF_SYNC_READ);
	video_close(&out);
	dbufs_finish(bufs);
}

int main(void)
{
	case_begin();
	own_mapping();
	imported();
	return 0;
}
