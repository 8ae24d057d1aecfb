/* SPDX-License-Identifier: MIT */
/*
 * SYN02 inside a bracket: START comes while the device still writes, DQBUF after it. The twin
 * dequeues first.
 * rule: SYN02
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct v4l2_buffer b;
	struct video cap;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	for (int i = 0; !TWIN && i < BUFFERS; i++)
		sync_start(bufs[i].fd, DMA_BUF_SYNC_READ);
	video_buffer(&cap, &b, 0);
	CHECK(ioctl(cap.fd, VIDIOC_DQBUF, &b));
	for (int i = 0; TWIN && i < BUFFERS; i++)
		sync_start(bufs[i].fd, DMA_BUF_SYNC_READ);
	(void)bufs[b.index].map[0]; /* EXPECT SYN02 */
	for (int i = 0; i < BUFFERS; i++)
		sync_end(bufs[i].fd, DMA_BUF_SYNC_READ);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
