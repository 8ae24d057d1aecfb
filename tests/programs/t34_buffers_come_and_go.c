/* SPDX-License-Identifier: MIT */
/*
 * T34: while the queue runs, CREATE_BUFS adds a buffer, EXPBUF exports it, it is queued and
 * dequeued like the others, and REMOVE_BUFS (Linux 6.10) takes it away; its mappings live on and
 * are used once more.
 * rule: none
 * devices: vivid
 */
#include "common.h"

#include <errno.h>
#include <sys/mman.h>

#ifndef VIDIOC_REMOVE_BUFS
struct v4l2_remove_buffers {
	__u32 index, count, type, reserved[13];
};
#define VIDIOC_REMOVE_BUFS _IOWR('V', 104, struct v4l2_remove_buffers)
#endif

static unsigned int create(const struct video *v)
{
	struct v4l2_create_buffers c = {.count = 1, .memory = v->memory};

	c.format.type = v->type;
	CHECK(ioctl(v->fd, VIDIOC_G_FMT, &c.format));
	CHECK(ioctl(v->fd, VIDIOC_CREATE_BUFS, &c));
	return c.index;
}

static volatile unsigned char *map_index(const struct video *v, unsigned int index)
{
	struct v4l2_buffer b;
	void *map;

	video_buffer(v, &b, index);
	CHECK(ioctl(v->fd, VIDIOC_QUERYBUF, &b));
	map = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd, b.m.offset);
	if (map == MAP_FAILED)
		die("mmap of the new buffer");
	return map;
}

static void use(volatile unsigned char *own, const struct dbuf *exported)
{
	(void)own[0];
	own[1] = 1;
	sync_start(exported->fd, DMA_BUF_SYNC_RW);
	exported->map[2] = (unsigned char)(exported->map[0] + 1);
	sync_end(exported->fd, DMA_BUF_SYNC_RW);
}

/* Puts every other frame back until the new buffer comes. */
static void wait_for(const struct video *v, unsigned int index)
{
	unsigned int i;

	for (i = video_dequeue(v); i != index; i = video_dequeue(v))
		video_queue(v, i, -1);
}

static void remove_buffer(const struct video *v, unsigned int index)
{
	struct v4l2_remove_buffers r = {.index = index, .count = 1, .type = v->type};

	if (ioctl(v->fd, VIDIOC_REMOVE_BUFS, &r) < 0 && errno != ENOTTY)
		die_call(__FILE__, __LINE__, "VIDIOC_REMOVE_BUFS");
}

int main(void)
{
	volatile unsigned char *own;
	struct dbuf exported;
	struct video cap;
	unsigned int index;

	case_begin();
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	index = create(&cap);
	own = map_index(&cap, index);
	dbuf_init(&exported, video_export(&cap, index), cap.size);
	use(own, &exported);
	video_queue(&cap, index, -1);
	wait_for(&cap, index);
	use(own, &exported);
	remove_buffer(&cap, index);
	use(own, &exported);
	unmap(own, cap.size);
	dbuf_finish(&exported);
	video_close(&cap);
	return 0;
}
