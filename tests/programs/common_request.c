/* SPDX-License-Identifier: MIT */
/* The media device that belongs to a queue, and requests of it. */
#include "request.h"

#include <fcntl.h>
#include <linux/media.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { MEDIA_NODES = 16 };

static bool same_device(int media, const struct v4l2_capability *cap)
{
	struct media_device_info info;

	return ioctl(media, MEDIA_IOC_DEVICE_INFO, &info) == 0 &&
	       !strcmp(info.bus_info, (const char *)cap->bus_info);
}

int media_open(const struct video *v)
{
	struct v4l2_capability cap;
	char path[32];
	int fd;

	CHECK(ioctl(v->fd, VIDIOC_QUERYCAP, &cap));
	for (int i = 0; i < MEDIA_NODES; i++) {
		snprintf(path, sizeof(path), "/dev/media%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && same_device(fd, &cap))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	skip("no media device beside vivid");
}

int request_alloc(int media)
{
	int fd;

	CHECK(ioctl(media, MEDIA_IOC_REQUEST_ALLOC, &fd));
	return fd;
}

/* QBUF into a request: the device gets the buffer when the request is queued, not before. */
void request_add(const struct video *v, unsigned int index, int request)
{
	struct v4l2_buffer b;

	video_buffer(v, &b, index);
	b.flags = V4L2_BUF_FLAG_REQUEST_FD;
	b.request_fd = request;
	CHECK(ioctl(v->fd, VIDIOC_QBUF, &b));
}
