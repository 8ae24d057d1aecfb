/* SPDX-License-Identifier: MIT */
/*
 * T30: SYNC as a probe that fails on purpose: bad flags (EINVAL), something that is no dma-buf
 * (ENOTTY), numbers that are no descriptor (EBADF). Then the buffer is used as it should be.
 * rule: none
 * devices: heap vivid
 */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { NEVER_OPEN = 1000, BAD_BITS = 1 << 5 };

static void must_fail(int fd, unsigned long long flags, int error)
{
	if (sync_raw(fd, flags) == 0 || errno != error)
		die("SYNC failed in an unexpected way");
}

static void probe(int dmabuf)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	CHECK(null);
	must_fail(dmabuf, 0, EINVAL);
	must_fail(dmabuf, DMA_BUF_SYNC_END, EINVAL);
	must_fail(dmabuf, DMA_BUF_SYNC_RW | BAD_BITS, EINVAL);
	must_fail(null, DMA_BUF_SYNC_READ, ENOTTY);
	must_fail(-1, DMA_BUF_SYNC_READ, EBADF);
	must_fail(NEVER_OPEN, DMA_BUF_SYNC_READ, EBADF);
	CHECK(close(null));
}

int main(void)
{
	struct dbuf bufs[BUFFERS], *frame;
	struct video cap;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	frame = &bufs[video_dequeue(&cap)];
	probe(frame->fd);
	sync_start(frame->fd, DMA_BUF_SYNC_READ);
	(void)frame->map[0];
	sync_end(frame->fd, DMA_BUF_SYNC_READ);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
