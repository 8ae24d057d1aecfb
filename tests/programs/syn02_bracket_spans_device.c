/* SPDX-License-Identifier: MIT */
/*
 * SYN02 inside a bracket: one READ bracket is held over QBUF and DQBUF. Its invalidation came
 * before the device wrote, so it grants nothing afterwards. The twin opens a new bracket after
 * DQBUF.
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
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF);
	dbufs_new(bufs, cap.size);
	for (int i = 0; !TWIN && i < BUFFERS; i++)
		sync_start(bufs[i].fd, DMA_BUF_SYNC_READ);
	video_queue_all(&cap, bufs);
	video_start(&cap);
	video_buffer(&cap, &b, 0);
	CHECK(ioctl(cap.fd, VIDIOC_DQBUF, &b));
	if (TWIN)
		sync_start(bufs[b.index].fd, DMA_BUF_SYNC_READ);
	(void)bufs[b.index].map[0]; /* EXPECT SYN02 */
	if (TWIN)
		sync_end(bufs[b.index].fd, DMA_BUF_SYNC_READ);
	video_close(&cap);
	for (int i = 0; !TWIN && i < BUFFERS; i++)
		sync_end(bufs[i].fd, DMA_BUF_SYNC_READ);
	dbufs_finish(bufs);
	return 0;
}
