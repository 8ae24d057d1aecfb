/* SPDX-License-Identifier: MIT */
/*
 * SYN07: the bracket is opened for reading and writing, and closed for reading alone.
 * rule: SYN07
 * severity: error
 * devices: heap vivid
 * options: --observe
 */
#include "common.h"

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;
	unsigned int i;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	i = video_dequeue(&cap);
	sync_start(bufs[i].fd, DMA_BUF_SYNC_RW);
	bufs[i].map[0] = bufs[i].map[SMALL] / 2;
	sync_end(bufs[i].fd, TWIN ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_READ); /* EXPECT SYN07 */
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
