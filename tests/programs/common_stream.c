/* SPDX-License-Identifier: MIT */
/* The usual start: a queue of vivid that runs, with all its buffers queued. */
#include "common.h"

void video_stream_mmap(struct video *v, unsigned int type)
{
	video_open(v, type, V4L2_MEMORY_MMAP);
	video_queue_all(v, NULL);
	video_start(v);
}

/* The buffers come from dbuf_alloc() and are imported. */
void video_stream_dmabuf(struct video *v, unsigned int type, struct dbuf bufs[BUFFERS])
{
	video_open(v, type, V4L2_MEMORY_DMABUF);
	dbufs_new(bufs, v->size);
	video_queue_all(v, bufs);
	video_start(v);
}
