/* SPDX-License-Identifier: MIT */
/*
 * T1: SYNC on the exported buffer of an allocator that has nothing to synchronise: brackets are
 * right all the same.
 * rule: none
 * devices: vivid
 * near: SYN01 SYN02
 */
#include "common.h"

int main(void)
{
	struct dbuf frame;
	struct video cap;
	unsigned int i;

	case_begin();
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	i = video_dequeue(&cap);
	dbuf_init(&frame, video_export(&cap, i), cap.size);
	sync_start(frame.fd, DMA_BUF_SYNC_RW);
	frame.map[0] = frame.map[SMALL];
	sync_end(frame.fd, DMA_BUF_SYNC_RW);
	dbuf_finish(&frame);
	video_close(&cap);
	return 0;
}
