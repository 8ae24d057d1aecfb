/* SPDX-License-Identifier: MIT */
/*
 * SYN06: both the reader and its caller end the one bracket that was opened. The twin ends it
 * once.
 * rule: SYN06
 * severity: warning
 * devices: heap vivid
 */
#include "common.h"

int main(void)
{
	struct dma_buf_sync end = {.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ};
	struct dbuf bufs[BUFFERS], *frame;
	struct video cap;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	frame = &bufs[video_dequeue(&cap)];
	sync_start(frame->fd, DMA_BUF_SYNC_READ);
	(void)frame->map[0];
	if (!TWIN)
		sync_end(frame->fd, DMA_BUF_SYNC_READ);
	CHECK(ioctl(frame->fd, DMA_BUF_IOCTL_SYNC, &end)); /* EXPECT SYN06 */
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
