/* SPDX-License-Identifier: MIT */
/*
 * T9: the mapping is made before everything and kept for the whole run, over QBUF, DQBUF and
 * brackets.
 * rule: none
 * devices: heap vivid
 */
#include "common.h"

enum { FRAMES = 6 };

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;
	unsigned int i;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	for (int frame = 0; frame < FRAMES; frame++) {
		i = video_dequeue(&cap);
		sync_start(bufs[i].fd, DMA_BUF_SYNC_READ);
		(void)bufs[i].map[0];
		(void)bufs[i].map[bufs[i].size - 1];
		sync_end(bufs[i].fd, DMA_BUF_SYNC_READ);
		video_queue(&cap, i, bufs[i].fd);
	}
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
