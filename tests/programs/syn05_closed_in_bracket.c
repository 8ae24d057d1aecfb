/* SPDX-License-Identifier: MIT */
/*
 * SYN05: an error path unmaps and closes the buffer and forgets END. The twin ends the bracket
 * first.
 * rule: SYN05
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

static void redraw(struct dbuf *frame)
{
	struct dma_buf_sync s = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE};

	CHECK(ioctl(frame->fd, DMA_BUF_IOCTL_SYNC, &s)); /* EXPECT SYN05 */
	frame->map[0] = 1;
	if (TWIN)
		sync_end(frame->fd, DMA_BUF_SYNC_WRITE);
	dbuf_finish(frame);
}

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video out;

	case_begin();
	video_stream_dmabuf(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, bufs);
	(void)video_dequeue(&out);
	video_close(&out);
	for (int i = 1; i < BUFFERS; i++)
		dbuf_finish(&bufs[i]);
	redraw(&bufs[0]);
	return 0;
}
