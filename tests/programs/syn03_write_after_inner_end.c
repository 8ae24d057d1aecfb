/* SPDX-License-Identifier: MIT */
/*
 * SYN03: the write comes after END of the inner READ+WRITE bracket; the outer one only reads.
 * The twin writes before that END.
 * rule: SYN03
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

int main(void)
{
	struct dbuf bufs[BUFFERS], *frame;
	struct video cap;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	frame = &bufs[video_dequeue(&cap)];
	sync_start(frame->fd, DMA_BUF_SYNC_READ);
	sync_start(frame->fd, DMA_BUF_SYNC_RW);
	frame->map[0] = (unsigned char)~frame->map[0];
	if (!TWIN)
		sync_end(frame->fd, DMA_BUF_SYNC_RW);
	frame->map[1] = 0xff; /* EXPECT SYN03 */
	if (TWIN)
		sync_end(frame->fd, DMA_BUF_SYNC_RW);
	sync_end(frame->fd, DMA_BUF_SYNC_READ);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
