/* SPDX-License-Identifier: MIT */
/*
 * A10, Kodi's GetVideoBuffer: every frame opens a bracket on the same buffer and none is ever
 * ended. The twin ends each of them.
 * rule: SYN05
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

enum { FRAMES = 3 };

static void draw_frames(const struct dbuf *frame)
{
	struct dma_buf_sync s = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW};

	for (int i = 0; i < FRAMES; i++) {
		CHECK(ioctl(frame->fd, DMA_BUF_IOCTL_SYNC, &s)); /* EXPECT SYN05 */
		frame->map[i] = 0x80;
		if (TWIN)
			sync_end(frame->fd, DMA_BUF_SYNC_RW);
	}
}

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video out;
	unsigned int i;

	case_begin();
	video_stream_dmabuf(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, bufs);
	i = video_dequeue(&out);
	draw_frames(&bufs[i]);
	video_close(&out);
	dbufs_finish(bufs);
	return 0;
}
