/* SPDX-License-Identifier: MIT */
/*
 * T26: each QBUF names another buffer at the same index, always through a fresh dup that is
 * closed right away, so that numbers are used again and again.
 * rule: none
 * devices: heap vivid
 * exporters: heap udmabuf
 */
#include "common.h"

#include <fcntl.h>
#include <unistd.h>

enum { FRAMES = 8 };

static struct dbuf *at[BUFFERS];

static void queue_dup(const struct video *cap, unsigned int index, struct dbuf *d)
{
	int fd = fcntl(d->fd, F_DUPFD_CLOEXEC, 0);

	CHECK(fd);
	video_queue(cap, index, fd);
	CHECK(close(fd));
	at[index] = d;
}

static void use(const struct dbuf *d)
{
	sync_start(d->fd, DMA_BUF_SYNC_RW);
	(void)d->map[0];
	d->map[1] = 1;
	sync_end(d->fd, DMA_BUF_SYNC_RW);
}

int main(void)
{
	struct dbuf bufs[BUFFERS], extra, *spare = &extra, *filled;
	struct video cap;
	unsigned int i;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF);
	dbufs_new(bufs, cap.size);
	dbuf_new(&extra, cap.size);
	for (i = 0; i < BUFFERS; i++)
		queue_dup(&cap, i, &bufs[i]);
	video_start(&cap);
	for (int frame = 0; frame < FRAMES; frame++) {
		i = video_dequeue(&cap);
		filled = at[i];
		queue_dup(&cap, i, spare);
		use(filled);
		spare = filled;
	}
	video_close(&cap);
	dbufs_finish(bufs);
	dbuf_finish(&extra);
	return 0;
}
