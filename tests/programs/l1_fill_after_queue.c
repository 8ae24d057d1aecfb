/* SPDX-License-Identifier: MIT */
/*
 * L1, v4l2-ctl from capture to output: the exported capture buffers are queued first and filled
 * with a pattern afterwards. The twin fills them inside a bracket and queues them then.
 * rule: OWN01
 * severity: error
 * devices: vivid
 */
#include "common.h"

int main(void)
{
	struct v4l2_buffer b;
	struct dbuf buf;
	struct video cap;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	dbuf_init(&buf, video_export(&cap, 0), cap.size);
	video_buffer(&cap, &b, 0);
	if (!TWIN)
		CHECK(ioctl(cap.fd, VIDIOC_QBUF, &b));
	if (TWIN)
		sync_start(buf.fd, DMA_BUF_SYNC_WRITE);
	buf.map[0] = 0x10; /* EXPECT OWN01 */
	if (TWIN)
		sync_end(buf.fd, DMA_BUF_SYNC_WRITE);
	if (TWIN)
		CHECK(ioctl(cap.fd, VIDIOC_QBUF, &b));
	video_queue(&cap, 1, -1);
	video_queue(&cap, 2, -1);
	video_start(&cap);
	(void)video_dequeue(&cap);
	video_close(&cap);
	dbuf_finish(&buf);
	return 0;
}
