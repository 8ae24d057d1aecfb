/* SPDX-License-Identifier: MIT */
/* Queues of vivid: format, buffers, streaming. */
#include "common.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WIDTH = 640, HEIGHT = 360 };

static void set_format(struct video *v)
{
	struct v4l2_format f = {.type = v->type};
	struct v4l2_pix_format *pix = &f.fmt.pix;

	CHECK(ioctl(v->fd, VIDIOC_G_FMT, &f));
	pix->width = WIDTH;
	pix->height = HEIGHT;
	pix->pixelformat = V4L2_PIX_FMT_YUYV;
	pix->bytesperline = 0;
	CHECK(ioctl(v->fd, VIDIOC_S_FMT, &f));
	v->planes = 1;
	v->size = pix->sizeimage;
}

/* Two planes in two buffers; size is that of the larger one. */
static void set_format_mplane(struct video *v)
{
	struct v4l2_format f = {.type = v->type};
	struct v4l2_pix_format_mplane *pix = &f.fmt.pix_mp;

	CHECK(ioctl(v->fd, VIDIOC_G_FMT, &f));
	pix->width = WIDTH;
	pix->height = HEIGHT;
	pix->pixelformat = V4L2_PIX_FMT_NV12M;
	pix->num_planes = 2;
	memset(pix->plane_fmt, 0, sizeof(pix->plane_fmt));
	CHECK(ioctl(v->fd, VIDIOC_S_FMT, &f));
	v->planes = pix->num_planes;
	v->size = pix->plane_fmt[0].sizeimage;
}

static void request_buffers(const struct video *v, unsigned int count)
{
	struct v4l2_requestbuffers r = {.count = count, .type = v->type, .memory = v->memory};

	CHECK(ioctl(v->fd, VIDIOC_REQBUFS, &r));
	if (r.count < count)
		die("too few buffers");
}

static volatile unsigned char *map_buffer(const struct video *v, unsigned int index)
{
	struct v4l2_buffer b = {.type = v->type, .memory = v->memory, .index = index};
	void *map;

	CHECK(ioctl(v->fd, VIDIOC_QUERYBUF, &b));
	map = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, b.m.offset);
	if (map == MAP_FAILED)
		die("mmap of a video node");
	return map;
}

/* A queue with BUFFERS buffers and a small format, on a node with all of cap (V4L2_BUF_CAP_*). */
void video_open_cap(struct video *v, unsigned int type, unsigned int memory, unsigned int cap)
{
	memset(v, 0, sizeof(*v));
	v->type = type;
	v->memory = memory;
	v->fd = vivid_node(type, cap);
	if (V4L2_TYPE_IS_MULTIPLANAR(type))
		set_format_mplane(v);
	else
		set_format(v);
	request_buffers(v, BUFFERS);
	if (memory == V4L2_MEMORY_MMAP && !V4L2_TYPE_IS_MULTIPLANAR(type))
		for (unsigned int i = 0; i < BUFFERS; i++)
			v->map[i] = map_buffer(v, i);
}

/* Only the vmalloc allocator takes memory that is not contiguous, and only it offers USERPTR. */
void video_open(struct video *v, unsigned int type, unsigned int memory)
{
	bool own = memory == V4L2_MEMORY_MMAP;

	video_open_cap(v, type, memory, own ? 0 : V4L2_BUF_CAP_SUPPORTS_USERPTR);
}

void video_buffer(const struct video *v, struct v4l2_buffer *b, unsigned int index)
{
	memset(b, 0, sizeof(*b));
	b->type = v->type;
	b->memory = v->memory;
	b->index = index;
	b->field = V4L2_FIELD_NONE;
	if (V4L2_TYPE_IS_OUTPUT(v->type))
		b->bytesused = (unsigned int)v->size;
}

/* The multi-planar form; planes has room for v->planes. */
void video_buffer_planes(const struct video *v, struct v4l2_buffer *b, struct v4l2_plane *planes,
			 unsigned int index)
{
	memset(planes, 0, v->planes * sizeof(*planes));
	video_buffer(v, b, index);
	b->m.planes = planes;
	b->length = v->planes;
}

/* fd matters for V4L2_MEMORY_DMABUF only. */
void video_queue(const struct video *v, unsigned int index, int fd)
{
	struct v4l2_buffer b;

	video_buffer(v, &b, index);
	if (v->memory == V4L2_MEMORY_DMABUF)
		b.m.fd = fd;
	CHECK(ioctl(v->fd, VIDIOC_QBUF, &b));
}

/* bufs is NULL with V4L2_MEMORY_MMAP. */
void video_queue_all(const struct video *v, const struct dbuf bufs[BUFFERS])
{
	for (unsigned int i = 0; i < BUFFERS; i++)
		video_queue(v, i, bufs ? bufs[i].fd : -1);
}

unsigned int video_dequeue(const struct video *v)
{
	struct v4l2_buffer b;

	video_buffer(v, &b, 0);
	CHECK(ioctl(v->fd, VIDIOC_DQBUF, &b));
	return b.index;
}

void video_start(const struct video *v)
{
	CHECK(ioctl(v->fd, VIDIOC_STREAMON, &v->type));
}

void video_stop(const struct video *v)
{
	CHECK(ioctl(v->fd, VIDIOC_STREAMOFF, &v->type));
}

int video_export(const struct video *v, unsigned int index)
{
	struct v4l2_exportbuffer e = {
		.type = v->type,
		.index = index,
		.flags = O_RDWR | O_CLOEXEC,
	};

	CHECK(ioctl(v->fd, VIDIOC_EXPBUF, &e));
	return e.fd;
}

/* Stops, unmaps and releases the buffers. */
void video_close(struct video *v)
{
	video_stop(v);
	for (unsigned int i = 0; i < BUFFERS; i++)
		if (v->map[i])
			unmap(v->map[i], v->size);
	request_buffers(v, 0);
	CHECK(close(v->fd));
}
