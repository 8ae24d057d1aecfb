/* SPDX-License-Identifier: MIT */
/*
 * OWN07: the frames are queued with NO_CACHE_INVALIDATE, a promise that the CPU will not read
 * them, and one is read. The twin makes no such promise.
 * rule: OWN07
 * severity: error
 * devices: vivid vivid-hints
 */
#include "common.h"

static void queue_promised(const struct video *cap, unsigned int i)
{
	struct v4l2_buffer b;

	video_buffer(cap, &b, i);
	if (!TWIN)
		b.flags = V4L2_BUF_FLAG_NO_CACHE_INVALIDATE;
	CHECK(ioctl(cap->fd, VIDIOC_QBUF, &b));
	if (!TWIN && !(b.flags & V4L2_BUF_FLAG_NO_CACHE_INVALIDATE))
		skip("the kernel drops NO_CACHE_INVALIDATE");
}

int main(void)
{
	struct v4l2_buffer b;
	struct video cap;

	case_begin();
	video_open_cap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP,
		       V4L2_BUF_CAP_SUPPORTS_MMAP_CACHE_HINTS);
	for (unsigned int i = 0; i < BUFFERS; i++)
		queue_promised(&cap, i);
	video_start(&cap);
	video_buffer(&cap, &b, 0);
	CHECK(ioctl(cap.fd, VIDIOC_DQBUF, &b));
	(void)cap.map[b.index][0]; /* EXPECT OWN07 */
	video_close(&cap);
	return 0;
}
