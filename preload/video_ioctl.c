/* SPDX-License-Identifier: MIT */
/* What the ioctls of a video node mean for its queues: arguments in, hand-overs out. */
#include <errno.h>

#include "preload/coherency.h"
#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/video.h"

/* Most descriptors have one queue: the entry remembers it for as long as it is that file's. */
static struct ds_queue *queue_of(struct ds_call *call, uint32_t type)
{
	struct ds_fd *f = call->f;

	if (!f || f->kind != DS_FD_VIDEO)
		return NULL;
	if (!f->queue || f->queue->type != type)
		f->queue = ds_queue_of(f->object, type);
	return f->queue;
}

static unsigned planes_of(const struct v4l2_buffer *buf)
{
	if (!V4L2_TYPE_IS_MULTIPLANAR(buf->type))
		return 1;
	if (!buf->m.planes)
		return 0;
	return buf->length < VIDEO_MAX_PLANES ? buf->length : VIDEO_MAX_PLANES;
}

/* Lengths and mmap offsets, which every call that returns a v4l2_buffer tells. */
static void learn_planes(struct ds_slot *s, const struct v4l2_buffer *buf)
{
	unsigned n = planes_of(buf);

	if (n > s->planes)
		s->planes = (uint8_t)n;
	for (unsigned i = 0; i < n; i++) {
		struct ds_plane *p = &s->plane[i];
		bool multi = V4L2_TYPE_IS_MULTIPLANAR(buf->type);

		p->length = multi ? buf->m.planes[i].length : buf->length;
		if (buf->memory == V4L2_MEMORY_MMAP)
			p->offset = multi ? buf->m.planes[i].m.mem_offset : buf->m.offset;
	}
}

void ds_v4l2_querybuf(struct ds_call *call)
{
	const struct v4l2_buffer *buf = call->arg;
	struct ds_queue *q = call->error ? NULL : queue_of(call, buf->type);
	struct ds_slot *s = q ? ds_slot_at(q, buf->index, true) : NULL;

	if (!s)
		return;
	q->memory = buf->memory;
	learn_planes(s, buf);
}

/* ---- calls that take everything back when they are entered ---- */

/*
 * A stop that then fails leaves the device in possession; the buffers are given back to it so that
 * nothing is judged by a release that did not happen.
 */
static void reclaim(struct ds_queue *q, uint32_t name)
{
	for (uint32_t i = 0; i < DS_SLOT_CHUNKS * DS_SLOTS_PER_CHUNK; i++) {
		struct ds_slot *s = ds_slot_at(q, i, false);

		if (!s) {
			i |= DS_SLOTS_PER_CHUNK - 1;
		} else if (s->stopped == q->stops) {
			s->stopped = 0;
			s->promise = 0;
			ds_queue_claim(q, s, i, name);
		}
	}
}

void ds_v4l2_streamoff_before(struct ds_call *call)
{
	const int *type = (const void *)call->copy;
	struct ds_queue *q = queue_of(call, (uint32_t)*type);

	if (q)
		ds_queue_release_all(q, call->name);
}

void ds_v4l2_streamoff(struct ds_call *call)
{
	const int *type = call->arg;
	struct ds_queue *q = queue_of(call, (uint32_t)*type);

	if (!q)
		return;
	if (call->error)
		reclaim(q, call->name);
	ds_queue_stop(q);
}

void ds_v4l2_reqbufs_before(struct ds_call *call)
{
	const struct v4l2_requestbuffers *req = (const void *)call->copy;
	struct ds_queue *q = queue_of(call, req->type);

	if (q)
		ds_queue_release_all(q, call->name);
}

void ds_v4l2_reqbufs(struct ds_call *call)
{
	const struct v4l2_requestbuffers *req = call->arg;
	struct ds_queue *q = queue_of(call, req->type);

	if (!q)
		return;
	if (call->error) {
		reclaim(q, call->name);
		ds_queue_stop(q);
		return;
	}
	ds_queue_reset(q);
	q->memory = req->memory;
	q->hints = req->capabilities & V4L2_BUF_CAP_SUPPORTS_MMAP_CACHE_HINTS;
	q->count = req->count;
	for (uint32_t i = 0; i < req->count; i++)
		ds_slot_at(q, i, true);
}

void ds_v4l2_create_bufs(struct ds_call *call)
{
	const struct v4l2_create_buffers *req = call->arg;
	struct ds_queue *q = call->error ? NULL : queue_of(call, req->format.type);

	if (!q || !req->count)
		return;
	q->memory = req->memory;
	q->hints = req->capabilities & V4L2_BUF_CAP_SUPPORTS_MMAP_CACHE_HINTS;
	for (uint32_t i = 0; i < req->count; i++)
		ds_slot_at(q, req->index + i, true);
	if (q->count < req->index + req->count)
		q->count = req->index + req->count;
}

void ds_v4l2_remove_bufs_before(struct ds_call *call)
{
	const struct ds_v4l2_remove_buffers *req = (const void *)call->copy;
	struct ds_queue *q = queue_of(call, req->type);

	for (uint32_t i = 0; q && i < req->count; i++) {
		struct ds_slot *s = ds_slot_at(q, req->index + i, false);

		if (s && s->claimed)
			ds_queue_release(q, s, req->index + i, true, call->name);
	}
}

void ds_v4l2_remove_bufs(struct ds_call *call)
{
	const struct ds_v4l2_remove_buffers *req = call->arg;
	struct ds_queue *q = call->error ? NULL : queue_of(call, req->type);

	for (uint32_t i = 0; q && i < req->count; i++) {
		struct ds_slot *s = ds_slot_at(q, req->index + i, false);

		if (s)
			s->present = false;
	}
}

/* ---- QBUF, PREPARE_BUF, DQBUF ---- */

static void plane_memory(const struct v4l2_buffer *buf, unsigned i, int *ret_fd, uintptr_t *ret_ptr,
			 size_t *ret_len)
{
	const struct v4l2_plane *p = V4L2_TYPE_IS_MULTIPLANAR(buf->type) ? &buf->m.planes[i] : NULL;

	*ret_fd = p ? p->m.fd : buf->m.fd;
	*ret_ptr = p ? p->m.userptr : buf->m.userptr;
	*ret_len = p ? p->length : buf->length;
}

/* Which buffers a queued index stands for. */
static void bind_planes(struct ds_queue *q, struct ds_slot *s, const struct v4l2_buffer *buf)
{
	unsigned n = planes_of(buf);

	if (buf->memory == V4L2_MEMORY_MMAP)
		learn_planes(s, buf);
	else
		s->planes = (uint8_t)n;
	for (unsigned i = 0; i < s->planes; i++) {
		struct ds_fd *f;
		uintptr_t ptr;
		size_t len;
		int fd;

		if (buf->memory == V4L2_MEMORY_MMAP) {
			ds_plane_buffer(q, s, buf->index, i);
			continue;
		}
		plane_memory(buf, i, &fd, &ptr, &len);
		if (buf->memory == V4L2_MEMORY_USERPTR) {
			ds_user_buffer(q, &s->plane[i], buf->index, i, ptr, len);
			continue;
		}
		f = ds_fd_learn(fd);
		s->plane[i].fd = fd;
		s->plane[i].buffer = f && f->kind == DS_FD_DMABUF ? f->object : 0;
	}
}

static void note_stale(struct ds_call *call, uint32_t buffer, int fd, uint32_t index,
		       enum ds_stale kind)
{
	ds_emit((struct ds_event){.type = DS_EV_STALE,
				  .stack = ds_stack_here(),
				  .buffer = buffer,
				  .result = call->error,
				  .a = (uint64_t)fd,
				  .b = index,
				  .c = kind,
				  .d = call->name});
}

/* A failed QBUF of a descriptor or an index that once was a buffer and is not any more. */
static void look_for_stale(struct ds_call *call, struct ds_queue *q, const struct v4l2_buffer *buf)
{
	struct ds_slot *s = ds_slot_at(q, buf->index, false);
	uintptr_t ptr;
	size_t len;
	int fd;

	if (s && !s->present && s->plane[0].buffer && buf->index < q->was_count) {
		note_stale(call, s->plane[0].buffer, -1, buf->index, DS_STALE_INDEX);
		return;
	}
	for (unsigned i = 0; buf->memory == V4L2_MEMORY_DMABUF && i < planes_of(buf); i++) {
		plane_memory(buf, i, &fd, &ptr, &len);
		if (ds_fd_is_stale(fd))
			note_stale(call, ds_fd_peek(fd)->was_buffer, fd, buf->index, DS_STALE_FD);
		else if (s && s->memory == V4L2_MEMORY_DMABUF && s->plane[i].fd == fd &&
			 ds_fd_is_other(fd, s->plane[i].buffer))
			note_stale(call, s->plane[i].buffer, fd, buf->index, DS_STALE_OTHER);
	}
}

/* The driver clears the flags that it does not heed. */
static unsigned promise_of(const struct v4l2_buffer *buf)
{
	return (buf->flags & V4L2_BUF_FLAG_NO_CACHE_INVALIDATE ? DS_READ : 0u) |
	       (buf->flags & V4L2_BUF_FLAG_NO_CACHE_CLEAN ? DS_CLAIM_NOCLEAN : 0u);
}

void ds_v4l2_qbuf(struct ds_call *call)
{
	const struct v4l2_buffer *buf = call->arg;
	struct ds_queue *q = queue_of(call, buf->type);
	struct ds_slot *s;

	if (!q)
		return;
	if (call->error) {
		look_for_stale(call, q, buf);
		return;
	}
	s = ds_slot_at(q, buf->index, true);
	/* back already, or stopped meanwhile: the order is unknown, so nobody owns it */
	if (!s || !ds_queue_still(q, s, call->mark))
		return;
	q->memory = buf->memory;
	if (s->claimed) /* PREPARE_BUF came first: its flags count, and it has maintained the caches */
		ds_queue_release(q, s, buf->index, true, call->name);
	else
		s->promise = (uint8_t)promise_of(buf);
	bind_planes(q, s, buf);
	if (buf->flags & V4L2_BUF_FLAG_REQUEST_FD)
		ds_request_add(s, buf->request_fd);
	else
		ds_queue_claim(q, s, buf->index, call->name);
}

void ds_v4l2_dqbuf(struct ds_call *call)
{
	const struct v4l2_buffer *buf = call->arg;
	struct ds_queue *q = call->error ? NULL : queue_of(call, buf->type);
	struct ds_slot *s = q ? ds_slot_at(q, buf->index, true) : NULL;

	if (s && !s->claimed)
		ds_queue_note_shared(q, buf->index, call->name);
	if (s)
		ds_queue_release(q, s, buf->index, s->memory != V4L2_MEMORY_DMABUF, call->name);
}

void ds_v4l2_expbuf(struct ds_call *call)
{
	const struct v4l2_exportbuffer *exp = call->arg;
	struct ds_queue *q = call->error ? NULL : queue_of(call, exp->type);
	struct ds_slot *s = q ? ds_slot_at(q, exp->index, true) : NULL;
	struct ds_buf *b;

	if (!s || exp->plane >= VIDEO_MAX_PLANES)
		return;
	if (s->planes <= exp->plane)
		s->planes = (uint8_t)(exp->plane + 1);
	b = ds_plane_buffer(q, s, exp->index, exp->plane);
	ds_fd_born_dmabuf(exp->fd, b ? b->number : 0, DS_KIND_V4L2, call->name);
	if (ds_emulating())
		ds_coherency_exported(b, exp->fd);
}
