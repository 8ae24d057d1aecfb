/* SPDX-License-Identifier: MIT */
/*
 * OWN07: the CPU draws a picture into the display's own memory and queues it with NO_CACHE_CLEAN,
 * a promise that nothing was written: what lies in its caches stays there. The twin makes no such
 * promise for what it drew, and keeps the flag for the frames that go round untouched.
 * rule: OWN07
 * severity: error
 * devices: vivid vivid-hints
 * options: --observe
 */
#include "common.h"

#include <string.h>

enum { FRAMES = 3 * BUFFERS };

static void queue_hinted(const struct video *out, unsigned int i, bool drawn)
{
	struct v4l2_buffer b;
	bool promise = !drawn || !TWIN;

	video_buffer(out, &b, i);
	b.bytesused = (__u32)out->size;
	b.flags = promise ? V4L2_BUF_FLAG_NO_CACHE_CLEAN : 0;
	CHECK(ioctl(out->fd, VIDIOC_QBUF, &b)); /* EXPECT OWN07 */
	if (promise && !(b.flags & V4L2_BUF_FLAG_NO_CACHE_CLEAN))
		skip("the kernel drops NO_CACHE_CLEAN");
}

int main(void)
{
	struct video out;
	unsigned int i;
	bool drawn;

	case_begin();
	video_open_cap(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_MMAP,
		       V4L2_BUF_CAP_SUPPORTS_MMAP_CACHE_HINTS);
	for (i = 0; i < BUFFERS; i++) {
		memset((void *)out.map[i], 16, out.size);
		queue_hinted(&out, i, true);
	}
	video_start(&out);
	for (int n = 0; n < FRAMES; n++) {
		i = video_dequeue(&out);
		drawn = n % 3 == 0;
		if (drawn)
			memset((void *)out.map[i], n, out.size);
		queue_hinted(&out, i, drawn);
	}
	video_close(&out);
	return 0;
}
