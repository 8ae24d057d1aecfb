/* SPDX-License-Identifier: MIT */
/*
 * SYN09: a frame captured into a udmabuf is read through the memfd behind it with no bracket on
 * the dma-buf. The twin brackets the read. The memfd alone is mapped: the dma-buf needs no
 * mapping for this.
 * rule: SYN09
 * severity: error
 * devices: udmabuf vivid
 */
#include "common.h"

int main(void)
{
	struct memfd_frame frames[BUFFERS], *f;
	struct video cap;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF);
	for (unsigned int i = 0; i < BUFFERS; i++) {
		memfd_frame_init(&frames[i], cap.size);
		video_queue(&cap, i, frames[i].fd);
	}
	video_start(&cap);
	f = &frames[video_dequeue(&cap)];
	if (TWIN)
		sync_start(f->fd, DMA_BUF_SYNC_READ);
	(void)f->map[0]; /* EXPECT SYN09 */
	if (TWIN)
		sync_end(f->fd, DMA_BUF_SYNC_READ);
	video_close(&cap);
	for (unsigned int i = 0; i < BUFFERS; i++)
		memfd_frame_finish(&frames[i]);
	return 0;
}
