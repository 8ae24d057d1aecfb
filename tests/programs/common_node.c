/* SPDX-License-Identifier: MIT */
/* Which node of vivid fits. */
#include "common.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NODES = 64 };

static unsigned int device_cap(unsigned int type)
{
	switch (type) {
	case V4L2_BUF_TYPE_VIDEO_CAPTURE: return V4L2_CAP_VIDEO_CAPTURE;
	case V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE: return V4L2_CAP_VIDEO_CAPTURE_MPLANE;
	default: return V4L2_CAP_VIDEO_OUTPUT;
	}
}

/* REQBUFS(0) tells what the queue can do; it fails where somebody else has the queue. */
static bool queue_fits(int fd, unsigned int type, unsigned int cap)
{
	struct v4l2_requestbuffers r = {.type = type, .memory = V4L2_MEMORY_MMAP};

	return ioctl(fd, VIDIOC_REQBUFS, &r) == 0 && (r.capabilities & cap) == cap;
}

static bool node_fits(int fd, unsigned int type, unsigned int cap)
{
	struct v4l2_capability c;

	return ioctl(fd, VIDIOC_QUERYCAP, &c) == 0 && !strcmp((const char *)c.driver, "vivid") &&
	       (c.device_caps & device_cap(type)) && queue_fits(fd, type, cap);
}

/* The first node of vivid with a free queue of that type and all of cap (V4L2_BUF_CAP_*). */
int vivid_node(unsigned int type, unsigned int cap)
{
	char path[32];
	int fd;

	for (int i = 0; i < NODES; i++) {
		snprintf(path, sizeof(path), "/dev/video%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && node_fits(fd, type, cap))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	skip("no vivid node that fits");
}
