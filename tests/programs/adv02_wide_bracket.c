/* SPDX-License-Identifier: MIT */
/*
 * ADV02: a frame is only read, in a bracket for reading and writing.
 * rule: ADV02
 * severity: none
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
	consume((const void *)bufs[i].map, SMALL);
	if (TWIN)
		bufs[i].map[SMALL] = 1;
	sync_end(bufs[i].fd, DMA_BUF_SYNC_RW); /* EXPECT ADV02 */
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
