/* SPDX-License-Identifier: MIT */
/*
 * T3: one buffer, two mappings. After DQBUF the node's own mapping needs no SYNC, that of the
 * exported descriptor does; both are used.
 * rule: none
 * devices: vivid
 */
#include "common.h"

enum { FRAMES = 4 };

static void use_both(volatile unsigned char *own, const struct dbuf *exported)
{
	(void)own[0];
	sync_start(exported->fd, DMA_BUF_SYNC_RW);
	(void)exported->map[0];
	exported->map[1] = 1;
	sync_end(exported->fd, DMA_BUF_SYNC_RW);
	own[2] = 2;
}

int main(void)
{
	struct dbuf exported[BUFFERS];
	struct video cap;
	unsigned int i;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	for (i = 0; i < BUFFERS; i++)
		dbuf_init(&exported[i], video_export(&cap, i), cap.size);
	video_queue_all(&cap, NULL);
	video_start(&cap);
	for (int frame = 0; frame < FRAMES; frame++) {
		i = video_dequeue(&cap);
		use_both(cap.map[i], &exported[i]);
		video_queue(&cap, i, -1);
	}
	video_close(&cap);
	dbufs_finish(exported);
	return 0;
}
