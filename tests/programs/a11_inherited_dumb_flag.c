/* SPDX-License-Identifier: MIT */
/*
 * A11, libdrmtap's helper path: the grab is set up for a dumb buffer, which needs no bracket,
 * then a real dma-buf replaces it and the flag stays, so START and END are skipped. The twin
 * clears the flag.
 * rule: SYN02
 * severity: error
 * devices: vivid
 */
#include "common.h"

struct grab {
	struct dbuf buf;
	bool dumb;
};

static void take_dmabuf(struct grab *g, int fd, size_t size)
{
	dbuf_init(&g->buf, fd, size);
	if (TWIN)
		g->dumb = false;
}

static void read_pixels(const struct grab *g)
{
	if (!g->dumb)
		sync_start(g->buf.fd, DMA_BUF_SYNC_READ);
	(void)g->buf.map[0]; /* EXPECT SYN02 */
	if (!g->dumb)
		sync_end(g->buf.fd, DMA_BUF_SYNC_READ);
}

int main(void)
{
	struct grab g = {.dumb = true};
	struct video cap;
	unsigned int i;

	case_begin();
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	i = video_dequeue(&cap);
	take_dmabuf(&g, video_export(&cap, i), cap.size);
	read_pixels(&g);
	video_close(&cap);
	dbuf_finish(&g.buf);
	return 0;
}
