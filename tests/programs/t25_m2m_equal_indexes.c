/* SPDX-License-Identifier: MIT */
/*
 * T25: a memory-to-memory device has two queues on one descriptor, with equal indexes. Output
 * buffer 0 is filled while capture buffer 0 is queued, and the other way round.
 * rule: none
 * devices: vim2m
 * near: OWN01 OWN02 OWN04
 */
#include "common.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { NODES = 64 };

static int open_vim2m(void)
{
	struct v4l2_capability c;
	char path[32];
	int fd;

	for (int i = 0; i < NODES; i++) {
		snprintf(path, sizeof(path), "/dev/video%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && !ioctl(fd, VIDIOC_QUERYCAP, &c) &&
		    !strcmp((const char *)c.driver, "vim2m"))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	skip("no vim2m");
}

/* One buffer of a queue, mapped. */
static void queue_init(struct video *v, int fd, unsigned int type)
{
	struct v4l2_requestbuffers r = {.count = 1, .type = type, .memory = V4L2_MEMORY_MMAP};
	struct v4l2_buffer b = {.type = type, .memory = V4L2_MEMORY_MMAP};

	memset(v, 0, sizeof(*v));
	v->fd = fd;
	v->type = type;
	v->memory = V4L2_MEMORY_MMAP;
	CHECK(ioctl(fd, VIDIOC_REQBUFS, &r));
	CHECK(ioctl(fd, VIDIOC_QUERYBUF, &b));
	v->size = b.length;
	v->map[0] = mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, b.m.offset);
	if (v->map[0] == MAP_FAILED)
		die("mmap of vim2m");
}

int main(void)
{
	struct video out, cap;
	int fd;

	case_begin();
	fd = open_vim2m();
	queue_init(&out, fd, V4L2_BUF_TYPE_VIDEO_OUTPUT);
	queue_init(&cap, fd, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	video_start(&out);
	video_start(&cap);
	for (unsigned char n = 0; n < 3; n++) {
		video_queue(&cap, 0, -1);
		out.map[0][0] = n; /* capture buffer 0 is the device's, this one is not */
		video_queue(&out, 0, -1);
		video_dequeue(&cap);
		consume((const void *)cap.map[0], cap.size);
		video_dequeue(&out);
	}
	video_stop(&out);
	video_stop(&cap);
	unmap(out.map[0], out.size);
	unmap(cap.map[0], cap.size);
	CHECK(close(fd));
	return 0;
}
