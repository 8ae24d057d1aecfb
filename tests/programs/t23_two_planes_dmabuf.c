/* SPDX-License-Identifier: MIT */
/*
 * T23: one v4l2_buffer is two dma-bufs (NV12M), each with its own bracket; the other buffers'
 * planes are queued meanwhile.
 * rule: none
 * devices: heap vivid vivid-mplane
 * exporters: heap udmabuf
 */
#include "common.h"

enum { PLANES = 2, FRAMES = 4 };

static struct dbuf planes[BUFFERS][PLANES];

static void queue_planes(const struct video *v, unsigned int index)
{
	struct v4l2_plane p[PLANES];
	struct v4l2_buffer b;

	video_buffer_planes(v, &b, p, index);
	for (int i = 0; i < PLANES; i++) {
		p[i].m.fd = planes[index][i].fd;
		p[i].length = (unsigned int)planes[index][i].size;
	}
	CHECK(ioctl(v->fd, VIDIOC_QBUF, &b));
}

static void use_plane(const struct dbuf *d)
{
	sync_start(d->fd, DMA_BUF_SYNC_RW);
	(void)d->map[0];
	d->map[1] = 1;
	sync_end(d->fd, DMA_BUF_SYNC_RW);
}

static void use_frame(const struct video *v)
{
	struct v4l2_plane p[PLANES];
	struct v4l2_buffer b;

	video_buffer_planes(v, &b, p, 0);
	CHECK(ioctl(v->fd, VIDIOC_DQBUF, &b));
	for (int i = 0; i < PLANES; i++)
		use_plane(&planes[b.index][i]);
	queue_planes(v, b.index);
}

int main(void)
{
	struct video cap;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, V4L2_MEMORY_DMABUF);
	if (cap.planes != PLANES)
		skip("no NV12M");
	for (unsigned int i = 0; i < BUFFERS; i++) {
		dbuf_new(&planes[i][0], cap.size);
		dbuf_new(&planes[i][1], cap.size);
		queue_planes(&cap, i);
	}
	video_start(&cap);
	for (int frame = 0; frame < FRAMES; frame++)
		use_frame(&cap);
	video_close(&cap);
	for (int i = 0; i < BUFFERS * PLANES; i++)
		dbuf_finish(&planes[i / PLANES][i % PLANES]);
	return 0;
}
