/* SPDX-License-Identifier: MIT */
/*
 * T6: the last close of the camera gives every buffer back: no STREAMOFF, no DQBUF. The frames
 * are dma-bufs of the heap: a mapping of the node itself would hold the open file, and the queue
 * would live on.
 * rule: none
 * devices: heap vivid
 */
#include "common.h"

#include <unistd.h>

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	CHECK(close(cap.fd));
	for (int i = 0; i < BUFFERS; i++) {
		sync_start(bufs[i].fd, DMA_BUF_SYNC_RW);
		(void)bufs[i].map[0];
		bufs[i].map[1] = 1;
		sync_end(bufs[i].fd, DMA_BUF_SYNC_RW);
	}
	dbufs_finish(bufs);
	return 0;
}
