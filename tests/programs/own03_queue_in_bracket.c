/* SPDX-License-Identifier: MIT */
/*
 * OWN03: the frame is queued while the WRITE bracket in which it was drawn is still open. The
 * twin ends the bracket before QBUF.
 * rule: OWN03
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct v4l2_buffer b;
	struct video out;

	case_begin();
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF);
	dbufs_new(bufs, out.size);
	sync_start(bufs[0].fd, DMA_BUF_SYNC_WRITE);
	bufs[0].map[0] = 1;
	if (TWIN)
		sync_end(bufs[0].fd, DMA_BUF_SYNC_WRITE);
	video_buffer(&out, &b, 0);
	b.m.fd = bufs[0].fd;
	CHECK(ioctl(out.fd, VIDIOC_QBUF, &b)); /* EXPECT OWN03 */
	if (!TWIN)
		sync_end(bufs[0].fd, DMA_BUF_SYNC_WRITE);
	video_queue(&out, 1, bufs[1].fd);
	video_start(&out);
	(void)video_dequeue(&out);
	video_close(&out);
	dbufs_finish(bufs);
	return 0;
}
