/* SPDX-License-Identifier: MIT */
/*
 * T36: a bracket may be wider than what is done in it, and END may leave out what was not used.
 * rule: none
 * devices: heap vivid
 */
#include "common.h"

static void only_read(const struct dbuf *d, unsigned long long end)
{
	sync_start(d->fd, DMA_BUF_SYNC_RW);
	(void)d->map[0];
	sync_end(d->fd, end);
}

static void only_write(const struct dbuf *d, unsigned long long end)
{
	sync_start(d->fd, DMA_BUF_SYNC_RW);
	d->map[0] = 1;
	sync_end(d->fd, end);
}

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;
	unsigned int i;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	i = video_dequeue(&cap);
	only_read(&bufs[i], DMA_BUF_SYNC_RW);
	only_read(&bufs[i], DMA_BUF_SYNC_READ);
	only_write(&bufs[i], DMA_BUF_SYNC_RW);
	only_write(&bufs[i], DMA_BUF_SYNC_WRITE);
	video_queue(&cap, i, bufs[i].fd);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
