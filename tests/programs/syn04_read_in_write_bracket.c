/* SPDX-License-Identifier: MIT */
/*
 * SYN04: an overlay is blended in a WRITE bracket: it reads what lies below.
 * rule: SYN04
 * severity: error
 * devices: heap vivid
 * options: --observe
 */
#include "common.h"

int main(void)
{
	unsigned long long flags = TWIN ? DMA_BUF_SYNC_RW : DMA_BUF_SYNC_WRITE;
	struct dbuf bufs[BUFFERS];
	struct video cap;
	unsigned int i;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	i = video_dequeue(&cap);
	sync_start(bufs[i].fd, flags);
	bufs[i].map[0] = bufs[i].map[SMALL] / 2; /* EXPECT SYN04 */
	sync_end(bufs[i].fd, flags);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
