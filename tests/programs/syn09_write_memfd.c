/* SPDX-License-Identifier: MIT */
/*
 * SYN09, writing: a udmabuf that comes back from an output device is filled again through its
 * memfd with no bracket on the dma-buf. The twin brackets the write. The first fill comes before
 * UDMABUF_CREATE and is fine.
 * rule: SYN09
 * severity: error
 * devices: udmabuf vivid
 */
#include "common.h"

int main(void)
{
	struct memfd_frame frames[BUFFERS], *f;
	struct video out;
	unsigned int n;

	case_begin();
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF);
	for (unsigned int i = 0; i < BUFFERS; i++) {
		memfd_frame_init(&frames[i], out.size);
		video_queue(&out, i, frames[i].fd);
	}
	video_start(&out);
	n = video_dequeue(&out);
	f = &frames[n];
	if (TWIN)
		sync_start(f->fd, DMA_BUF_SYNC_WRITE);
	f->map[0] = 2; /* EXPECT SYN09 */
	if (TWIN)
		sync_end(f->fd, DMA_BUF_SYNC_WRITE);
	video_queue(&out, n, f->fd);
	video_close(&out);
	for (unsigned int i = 0; i < BUFFERS; i++)
		memfd_frame_finish(&frames[i]);
	return 0;
}
