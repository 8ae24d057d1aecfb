/* SPDX-License-Identifier: MIT */
/*
 * A12, libdrmtap's direct path: two STARTs and one END per frame. Replayed with a READ+WRITE
 * bracket, so that the bracket which stays open is one that matters when the frame goes back to
 * the device. The twin opens one bracket per frame.
 * rule: OWN03
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
	if (!TWIN)
		sync_start(frame->fd, DMA_BUF_SYNC_RW);
	sync_start(frame->fd, DMA_BUF_SYNC_RW);
	frame->map[0] = (unsigned char)(frame->map[0] + 1);
	sync_end(frame->fd, DMA_BUF_SYNC_RW);
	CHECK(ioctl(cap.fd, VIDIOC_QBUF, &b)); /* EXPECT OWN03 */
	video_stop(&cap);
	if (!TWIN)
		sync_end(frame->fd, DMA_BUF_SYNC_RW);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
