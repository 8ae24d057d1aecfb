/* SPDX-License-Identifier: MIT */
/*
 * T23: one v4l2_buffer is two mappings (NV12M). Both planes are used after DQBUF, with no SYNC.
 * rule: none
 * devices: vivid vivid-mplane
 */
#include "common.h"

#include <sys/mman.h>

enum { PLANES = 2, FRAMES = 4 };

struct plane {
	volatile unsigned char *map;
	size_t size;
};

static struct plane planes[BUFFERS][PLANES];

static void map_planes(const struct video *v, unsigned int index)
{
	struct v4l2_plane p[PLANES];
	struct v4l2_buffer b;
	void *map;

	video_buffer_planes(v, &b, p, index);
	CHECK(ioctl(v->fd, VIDIOC_QUERYBUF, &b));
	for (int i = 0; i < PLANES; i++) {
		map = mmap(NULL, p[i].length, PROT_READ | PROT_WRITE, MAP_SHARED, v->fd,
			   p[i].m.mem_offset);
		if (map == MAP_FAILED)
			die("mmap of a plane");
		planes[index][i] = (struct plane){map, p[i].length};
	}
}

static void use_frame(const struct video *v)
{
	struct v4l2_plane p[PLANES];
	struct v4l2_buffer b;

	video_buffer_planes(v, &b, p, 0);
	CHECK(ioctl(v->fd, VIDIOC_DQBUF, &b));
	for (int i = 0; i < PLANES; i++) {
		(void)planes[b.index][i].map[0];
		planes[b.index][i].map[p[i].length - 1] = 1;
	}
	CHECK(ioctl(v->fd, VIDIOC_QBUF, &b));
}

int main(void)
{
	struct v4l2_plane p[PLANES];
	struct v4l2_buffer b;
	struct video cap;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE, V4L2_MEMORY_MMAP);
	if (cap.planes != PLANES)
		skip("no NV12M");
	for (unsigned int i = 0; i < BUFFERS; i++) {
		map_planes(&cap, i);
		video_buffer_planes(&cap, &b, p, i);
		CHECK(ioctl(cap.fd, VIDIOC_QBUF, &b));
	}
	video_start(&cap);
	for (int frame = 0; frame < FRAMES; frame++)
		use_frame(&cap);
	video_stop(&cap);
	for (int i = 0; i < BUFFERS * PLANES; i++)
		unmap(planes[i / PLANES][i % PLANES].map, planes[i / PLANES][i % PLANES].size);
	video_close(&cap);
	return 0;
}
