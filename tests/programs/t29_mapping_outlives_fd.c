/* SPDX-License-Identifier: MIT */
/*
 * T29: closing a descriptor is not the end of the buffer: a mapping of it and a dup live on, and
 * END goes to the dup. A mapping with no descriptor left is kept but not touched.
 * rule: none
 * devices: heap vivid
 */
#include "common.h"

#include <fcntl.h>
#include <unistd.h>

static void write_without_first_fd(struct dbuf *d)
{
	int other = fcntl(d->fd, F_DUPFD_CLOEXEC, 0);

	CHECK(other);
	sync_start(d->fd, DMA_BUF_SYNC_RW);
	CHECK(close(d->fd));
	(void)d->map[0];
	d->map[1] = 1;
	sync_end(other, DMA_BUF_SYNC_RW);
	d->fd = other;
}

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;
	unsigned int i;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	i = video_dequeue(&cap);
	write_without_first_fd(&bufs[i]);
	video_queue(&cap, i, bufs[i].fd);
	video_close(&cap);
	for (i = 0; i < BUFFERS; i++)
		CHECK(close(bufs[i].fd));
	for (i = 0; i < BUFFERS; i++)
		unmap(bufs[i].map, bufs[i].size);
	return 0;
}
