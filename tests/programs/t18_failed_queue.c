/* SPDX-License-Identifier: MIT */
/*
 * T18: a QBUF that fails leaves the buffer to the program: wrong memory type, and a dma-buf too
 * small for the format. -1 as a descriptor is a probe, no stale number.
 * rule: none
 * devices: heap vivid
 * exporters: heap udmabuf
 */
#include "common.h"

static void must_fail(const struct video *v, struct v4l2_buffer *b)
{
	if (ioctl(v->fd, VIDIOC_QBUF, b) == 0)
		die("QBUF must fail");
}

static void own_memory(void)
{
	struct v4l2_buffer b;
	struct video cap;

	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	video_buffer(&cap, &b, 0);
	b.memory = V4L2_MEMORY_DMABUF;
	b.m.fd = -1;
	must_fail(&cap, &b);
	(void)cap.map[0][0];
	cap.map[0][1] = 1;
	video_close(&cap);
}

static void imported(void)
{
	struct v4l2_buffer b;
	struct dbuf small;
	struct video cap;

	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF);
	dbuf_new(&small, 1);
	video_buffer(&cap, &b, 0);
	b.m.fd = small.fd;
	must_fail(&cap, &b);
	b.m.fd = -1;
	must_fail(&cap, &b);
	sync_start(small.fd, DMA_BUF_SYNC_RW);
	small.map[0] = 1;
	(void)small.map[0];
	sync_end(small.fd, DMA_BUF_SYNC_RW);
	video_close(&cap);
	dbuf_finish(&small);
}

int main(void)
{
	case_begin();
	own_memory();
	imported();
	return 0;
}
