/* SPDX-License-Identifier: MIT */
/*
 * A1, GStreamer's dma-buf allocator before SYNC: map() of a captured frame is a plain mmap, and
 * the frame is read with no bracket. The twin brackets the read.
 * rule: SYN02
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

int main(void)
{
	struct dbuf bufs[BUFFERS], *frame;
	struct v4l2_buffer b;
	struct video cap;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	video_buffer(&cap, &b, 0);
	CHECK(ioctl(cap.fd, VIDIOC_DQBUF, &b));
	frame = &bufs[b.index];
	if (TWIN)
		sync_start(frame->fd, DMA_BUF_SYNC_READ);
	(void)frame->map[0]; /* EXPECT SYN02 */
	if (TWIN)
		sync_end(frame->fd, DMA_BUF_SYNC_READ);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
