/* SPDX-License-Identifier: MIT */
/*
 * T7: REQBUFS(0) with a mapping and an exported descriptor alive leaves the old buffer to the
 * program. New buffers take over its index and are queued; the old one is still used.
 * rule: none
 * devices: vivid
 */
#include "common.h"

static void reallocate(const struct video *v)
{
	struct v4l2_requestbuffers r = {.type = v->type, .memory = v->memory};

	CHECK(ioctl(v->fd, VIDIOC_REQBUFS, &r));
	if (!(r.capabilities & V4L2_BUF_CAP_SUPPORTS_ORPHANED_BUFS))
		skip("no orphaned buffers");
	r.count = BUFFERS;
	CHECK(ioctl(v->fd, VIDIOC_REQBUFS, &r));
}

static void use(const struct video *v, const struct dbuf *old)
{
	(void)v->map[0][0];
	v->map[0][1] = 1;
	sync_start(old->fd, DMA_BUF_SYNC_RW);
	(void)old->map[0];
	old->map[2] = 2;
	sync_end(old->fd, DMA_BUF_SYNC_RW);
}

int main(void)
{
	struct video cap;
	struct dbuf old;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	dbuf_init(&old, video_export(&cap, 0), cap.size);
	video_queue_all(&cap, NULL);
	video_start(&cap);
	video_stop(&cap);
	reallocate(&cap);
	use(&cap, &old);
	video_queue_all(&cap, NULL);
	video_start(&cap);
	use(&cap, &old);
	video_close(&cap);
	dbuf_finish(&old);
	return 0;
}
