/* SPDX-License-Identifier: MIT */
/*
 * A1, the writing half: a frame that comes back from an output device is filled again with no
 * bracket. The twin brackets the write.
 * rule: SYN01
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

int main(void)
{
	struct dbuf bufs[BUFFERS], *frame;
	struct v4l2_buffer b;
	struct video out;

	case_begin();
	video_stream_dmabuf(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, bufs);
	video_buffer(&out, &b, 0);
	CHECK(ioctl(out.fd, VIDIOC_DQBUF, &b));
	frame = &bufs[b.index];
	if (TWIN)
		sync_start(frame->fd, DMA_BUF_SYNC_WRITE);
	frame->map[0] = 0x80; /* EXPECT SYN01 */
	if (TWIN)
		sync_end(frame->fd, DMA_BUF_SYNC_WRITE);
	video_queue(&out, b.index, frame->fd);
	video_close(&out);
	dbufs_finish(bufs);
	return 0;
}
