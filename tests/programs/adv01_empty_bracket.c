/* SPDX-License-Identifier: MIT */
/*
 * ADV01: every frame is bracketed, though it is handed on without a look.
 * rule: ADV01
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
	sync_start(bufs[i].fd, DMA_BUF_SYNC_READ);
	if (TWIN)
		consume((const void *)bufs[i].map, SMALL);
	sync_end(bufs[i].fd, DMA_BUF_SYNC_READ); /* EXPECT ADV01 */
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
