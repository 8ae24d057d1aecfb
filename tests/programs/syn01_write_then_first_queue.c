/* SPDX-License-Identifier: MIT */
/*
 * SYN01 that starts latent: the buffer is written with no bracket before any device has seen it,
 * then an output device gets it. The twin brackets the write.
 * rule: SYN01
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video out;

	case_begin();
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF);
	dbufs_new(bufs, out.size);
	if (TWIN)
		sync_start(bufs[0].fd, DMA_BUF_SYNC_WRITE);
	bufs[0].map[0] = 1; /* EXPECT SYN01 */
	if (TWIN)
		sync_end(bufs[0].fd, DMA_BUF_SYNC_WRITE);
	video_queue_all(&out, bufs);
	video_start(&out);
	(void)video_dequeue(&out);
	video_close(&out);
	dbufs_finish(bufs);
	return 0;
}
