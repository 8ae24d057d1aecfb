/* SPDX-License-Identifier: MIT */
/*
 * T8: brackets nest. READ held outside READ+WRITE; one bracket per plane on one descriptor;
 * START on one descriptor and END on its dup.
 * rule: none
 * devices: heap vivid
 */
#include "common.h"

#include <fcntl.h>
#include <unistd.h>

enum { FRAMES = 3, PLANES = 3 };

static void inner_write(const struct dbuf *d)
{
	sync_start(d->fd, DMA_BUF_SYNC_READ);
	(void)d->map[0];
	sync_start(d->fd, DMA_BUF_SYNC_RW);
	d->map[1] = (unsigned char)~d->map[0];
	sync_end(d->fd, DMA_BUF_SYNC_RW);
	(void)d->map[1];
	sync_end(d->fd, DMA_BUF_SYNC_READ);
}

static void per_plane(const struct dbuf *d)
{
	for (int p = 0; p < PLANES; p++)
		sync_start(d->fd, DMA_BUF_SYNC_READ);
	for (int p = 0; p < PLANES; p++) {
		(void)d->map[p];
		sync_end(d->fd, DMA_BUF_SYNC_READ);
	}
}

static void across_dup(const struct dbuf *d)
{
	int other = fcntl(d->fd, F_DUPFD_CLOEXEC, 0);

	CHECK(other);
	sync_start(d->fd, DMA_BUF_SYNC_RW);
	d->map[0] = 1;
	(void)d->map[1];
	sync_end(other, DMA_BUF_SYNC_RW);
	CHECK(close(other));
}

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;
	unsigned int i;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	for (int frame = 0; frame < FRAMES; frame++) {
		i = video_dequeue(&cap);
		inner_write(&bufs[i]);
		per_plane(&bufs[i]);
		across_dup(&bufs[i]);
		video_queue(&cap, i, bufs[i].fd);
	}
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
