/* SPDX-License-Identifier: MIT */
/*
 * A8, picamera2's MappedArray: an overlay is drawn into a captured frame inside a READ bracket.
 * The twin opens and closes a READ+WRITE bracket.
 * rule: SYN03
 * severity: error
 * devices: heap vivid
 * may: SYN07 (the END, which has fewer rights than the accesses used)
 */
#include "common.h"

int main(void)
{
	const unsigned long long access = TWIN ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ;
	struct dbuf bufs[BUFFERS], *frame;
	struct v4l2_buffer b;
	struct video cap;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	video_buffer(&cap, &b, 0);
	CHECK(ioctl(cap.fd, VIDIOC_DQBUF, &b));
	frame = &bufs[b.index];
	sync_start(frame->fd, access);
	(void)frame->map[0];
	frame->map[0] = 0xff; /* EXPECT SYN03 */
	sync_end(frame->fd, access);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
