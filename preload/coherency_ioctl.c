/* SPDX-License-Identifier: MIT */
/* Which hand-over of which shadow an ioctl is. */
#include <errno.h>
#include <linux/dma-buf.h>
#include <linux/media.h>
#include <string.h>
#include <sys/uio.h>

#include "preload/coherency.h"
#include "preload/recorder.h"
#include "preload/sys.h"

/* ---- V4L2 ---- */

static struct ds_queue *queue_of(const struct ds_call *call, uint32_t type)
{
	return call->f && call->f->kind == DS_FD_VIDEO ? ds_queue_of(call->f->object, type) : NULL;
}

static bool peek(void *to, const void *from, size_t n)
{
	struct iovec t = {to, n}, f = {(void *)from, n};
	long pid = DS_SYS(getpid);

	return DS_SYS(process_vm_readv, pid, &t, 1, &f, 1, 0) == (long)n;
}

static void poke(void *to, const void *from, size_t n)
{
	struct iovec t = {to, n}, f = {(void *)from, n};
	long pid = DS_SYS(getpid);

	DS_SYS(process_vm_writev, pid, &f, 1, &t, 1, 0);
}

/* The planes of a v4l2_buffer that the program may have filled with anything.  0 = unreadable. */
static unsigned planes_of(const struct v4l2_buffer *buf, struct v4l2_plane plane[VIDEO_MAX_PLANES])
{
	unsigned n = buf->length < VIDEO_MAX_PLANES ? buf->length : VIDEO_MAX_PLANES;

	if (V4L2_TYPE_IS_MULTIPLANAR(buf->type))
		return buf->m.planes && n && peek(plane, buf->m.planes, n * sizeof(*plane)) ? n : 0;
	plane[0].length = buf->length;
	if (buf->memory == V4L2_MEMORY_USERPTR)
		plane[0].m.userptr = buf->m.userptr;
	else
		plane[0].m.fd = buf->m.fd;
	return 1;
}

/* The field of the program's argument that holds a plane's pointer. */
static void *pointer_field(struct v4l2_buffer *arg, const struct v4l2_buffer *buf, unsigned plane)
{
	return V4L2_TYPE_IS_MULTIPLANAR(buf->type) ? (void *)&buf->m.planes[plane].m.userptr
						   : (void *)&arg->m.userptr;
}

static enum ds_cache_event queue_event(uint32_t type, uint32_t memory)
{
	bool dmabuf = memory == V4L2_MEMORY_DMABUF;

	if (V4L2_TYPE_IS_OUTPUT(type))
		return dmabuf ? DS_CACHE_QUEUE_OUTPUT_DMABUF : DS_CACHE_QUEUE_OUTPUT;
	return dmabuf ? DS_CACHE_QUEUE_CAPTURE_DMABUF : DS_CACHE_QUEUE_CAPTURE;
}

static enum ds_cache_event dequeue_event(uint32_t type, uint32_t memory)
{
	bool dmabuf = memory == V4L2_MEMORY_DMABUF;

	if (V4L2_TYPE_IS_OUTPUT(type))
		return dmabuf ? DS_CACHE_DEQUEUE_OUTPUT_DMABUF : DS_CACHE_DEQUEUE_OUTPUT;
	return dmabuf ? DS_CACHE_DEQUEUE_CAPTURE_DMABUF : DS_CACHE_DEQUEUE_CAPTURE;
}

static struct ds_shadow *imported(int fd)
{
	struct ds_fd *f = ds_fd_learn(fd);

	return f && f->kind == DS_FD_DMABUF ? ds_shadow_find(ds_buf_at(f->object), fd) : NULL;
}

/* The shadow of a plane that is about to be queued. */
static struct ds_shadow *plane_shadow(struct ds_queue *q, struct ds_slot *slot,
				      const struct v4l2_buffer *buf, const struct v4l2_plane *plane,
				      unsigned i)
{
	if (buf->memory == V4L2_MEMORY_DMABUF)
		return imported(plane[i].m.fd);
	if (buf->memory == V4L2_MEMORY_USERPTR)
		return ds_user_shadow(q, plane[i].m.userptr);
	return slot ? ds_shadow_of(ds_buf_at(slot->plane[i].buffer)) : NULL;
}

static void give_real_memory(struct ds_call *call, struct ds_queue *q,
			     const struct v4l2_buffer *buf, const struct v4l2_plane *plane,
			     unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned long real = ds_user_real(q, plane[i].m.userptr, plane[i].length);

		if (real)
			poke(pointer_field(call->arg, buf, i), &real, sizeof(real));
	}
}

static void qbuf_before(struct ds_call *call)
{
	const struct v4l2_buffer *buf = (const void *)call->copy;
	struct ds_queue *q = queue_of(call, buf->type);
	struct ds_slot *slot = q ? ds_slot_at(q, buf->index, false) : NULL;
	struct v4l2_plane plane[VIDEO_MAX_PLANES];
	unsigned n = q ? planes_of(buf, plane) : 0;
	bool later = buf->flags & V4L2_BUF_FLAG_REQUEST_FD;
	bool skip = q && q->cache_hints && buf->memory == V4L2_MEMORY_MMAP &&
		    (buf->flags & V4L2_BUF_FLAG_NO_CACHE_CLEAN);

	if (n && buf->memory == V4L2_MEMORY_USERPTR)
		give_real_memory(call, q, buf, plane, n);
	for (unsigned i = 0; i < n && !later && !skip; i++) {
		struct ds_shadow *s = plane_shadow(q, slot, buf, plane, i);

		/* queued already: PREPARE_BUF has done it, or the kernel will refuse */
		if (s && !(slot && slot->claimed))
			ds_shadow_step(s, queue_event(buf->type, buf->memory), 0);
	}
}

static void mark_queued(struct ds_queue *q, struct ds_slot *slot, unsigned flags)
{
	for (unsigned i = 0; i < slot->planes; i++) {
		struct ds_shadow *s = ds_shadow_of(ds_buf_at(slot->plane[i].buffer));

		if (slot->memory == V4L2_MEMORY_USERPTR || q->memory == V4L2_MEMORY_USERPTR) {
			struct ds_buf *b = ds_buf_at(slot->plane[i].buffer);

			s = b ? ds_user_shadow(q, b->identity) : NULL;
		}
		if (!s)
			continue;
		s->buffer = slot->plane[i].buffer;
		s->queued = q->memory != V4L2_MEMORY_DMABUF;
		s->skip_finish = q->cache_hints && q->memory == V4L2_MEMORY_MMAP &&
				 (flags & V4L2_BUF_FLAG_NO_CACHE_INVALIDATE);
	}
}

static void qbuf_after(struct ds_call *call)
{
	const struct v4l2_buffer *buf = call->arg;
	struct ds_queue *q = call->error ? NULL : queue_of(call, buf->type);
	struct ds_slot *slot = q ? ds_slot_at(q, buf->index, false) : NULL;

	if (slot)
		mark_queued(q, slot, buf->flags);
}

/* The device has given back what it wrote. */
static void come_back(struct ds_queue *q, struct ds_slot *slot, unsigned plane, uint32_t memory,
		      uint64_t frame)
{
	struct ds_buf *b = ds_buf_at(slot->plane[plane].buffer);
	struct ds_shadow *s = ds_shadow_of(b);

	if (b && memory == V4L2_MEMORY_USERPTR)
		s = ds_user_shadow(q, b->identity);
	if (!s)
		return;
	s->queued = false;
	if (!s->skip_finish)
		ds_shadow_step(s, dequeue_event(q->type, memory), frame);
	s->skip_finish = false;
}

static void dqbuf_after(struct ds_call *call)
{
	const struct v4l2_buffer *buf = call->arg;
	struct ds_queue *q = call->error ? NULL : queue_of(call, buf->type);
	struct ds_slot *slot = q ? ds_slot_at(q, buf->index, false) : NULL;

	for (unsigned i = 0; slot && i < slot->planes; i++)
		come_back(q, slot, i, buf->memory, buf->sequence);
}

/* The driver has given back all that was queued; dma-bufs that were imported are synchronised by nobody. */
static void stopped(struct ds_call *call, uint32_t type)
{
	struct ds_queue *q = call->error ? NULL : queue_of(call, type);

	for (uint32_t i = 0; q && i < DS_SLOT_CHUNKS * DS_SLOTS_PER_CHUNK; i++) {
		struct ds_slot *slot = ds_slot_at(q, i, false);

		if (!slot)
			i |= DS_SLOTS_PER_CHUNK - 1;
		for (unsigned p = 0; slot && p < slot->planes; p++) {
			struct ds_buf *b = ds_buf_at(slot->plane[p].buffer);
			bool user = b && b->kind == DS_KIND_USERPTR;
			struct ds_shadow *s =
				user ? ds_user_shadow(q, b->identity) : ds_shadow_of(b);

			if (s && s->queued)
				come_back(q, slot, p, user ? V4L2_MEMORY_USERPTR : V4L2_MEMORY_MMAP,
					  0);
		}
	}
}

static void reqbufs_after(struct ds_call *call)
{
	const struct v4l2_requestbuffers *req = call->arg;
	struct ds_queue *q = call->error ? NULL : queue_of(call, req->type);

	if (!q)
		return;
	q->cache_hints = req->capabilities & V4L2_BUF_CAP_SUPPORTS_MMAP_CACHE_HINTS;
	stopped(call, req->type);
	ds_user_forget(q->number);
}

/* The kernel has filled in its own pointers: the program must see its own again. */
static void own_pointers(struct ds_call *call)
{
	struct v4l2_buffer *buf = call->arg;
	struct v4l2_plane plane[VIDEO_MAX_PLANES];
	unsigned n = buf->memory == V4L2_MEMORY_USERPTR && queue_of(call, buf->type)
			     ? planes_of(buf, plane)
			     : 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned long own = ds_user_program(plane[i].m.userptr);

		if (own != plane[i].m.userptr)
			poke(pointer_field(buf, buf, i), &own, sizeof(own));
	}
}

/* ---- requests ---- */

static void hand_over(struct ds_queue *q, struct ds_slot *slot, uint32_t index, void *arg)
{
	(void)index;
	if (!slot->request || slot->request != *(int *)arg)
		return;
	for (unsigned i = 0; i < slot->planes; i++) {
		struct ds_buf *b = ds_buf_at(slot->plane[i].buffer);
		struct ds_shadow *s = b && b->kind == DS_KIND_USERPTR
					      ? ds_user_shadow(q, b->identity)
					      : ds_shadow_of(b);

		if (s)
			ds_shadow_step(s, queue_event(q->type, q->memory), 0);
	}
}

/* ---- SYNC ---- */

static void sync_step(struct ds_call *call, const struct dma_buf_sync *sync, bool end)
{
	uint64_t rights = sync->flags & DMA_BUF_SYNC_RW;
	struct ds_buf *b =
		call->f && call->f->kind == DS_FD_DMABUF ? ds_buf_at(call->f->object) : NULL;
	struct ds_shadow *s;

	if (!b || !rights || (sync->flags & ~(uint64_t)DMA_BUF_SYNC_VALID_FLAGS_MASK) ||
	    end != !!(sync->flags & DMA_BUF_SYNC_END))
		return;
	s = ds_shadow_find(b, call->fd);
	if (!s)
		return;
	if (end)
		ds_shadow_step(
			s, rights & DMA_BUF_SYNC_WRITE ? DS_CACHE_END_WRITE : DS_CACHE_END_READ, 0);
	else
		ds_shadow_step(
			s, rights & DMA_BUF_SYNC_READ ? DS_CACHE_START_READ : DS_CACHE_START_WRITE,
			0);
}

/* ---- entry ---- */

void ds_coherency_before(struct ds_call *call)
{
	const struct v4l2_requestbuffers *req = (const void *)call->copy;
	struct ds_queue *q;

	switch (call->row->request) {
	case VIDIOC_QBUF:
	case VIDIOC_PREPARE_BUF: qbuf_before(call); break;
	case DMA_BUF_IOCTL_SYNC: sync_step(call, (const void *)call->copy, true); break;
	case MEDIA_REQUEST_IOC_QUEUE: ds_slots_each(hand_over, &call->fd); break;
	case VIDIOC_REQBUFS:
		q = queue_of(call, req->type);
		if (q)
			ds_coherency_reqbufs(q);
		break;
	default: break;
	}
}

void ds_coherency_returned(struct ds_call *call)
{
	switch (call->row->request) {
	case VIDIOC_QBUF:
	case VIDIOC_PREPARE_BUF:
	case VIDIOC_QUERYBUF:
	case VIDIOC_DQBUF: own_pointers(call); break;
	default: break;
	}
}

void ds_coherency_after(struct ds_call *call)
{
	switch (call->row->request) {
	case VIDIOC_QBUF:
	case VIDIOC_PREPARE_BUF: qbuf_after(call); break;
	case VIDIOC_DQBUF: dqbuf_after(call); break;
	case VIDIOC_STREAMOFF: stopped(call, *(const uint32_t *)call->arg); break;
	case VIDIOC_REQBUFS: reqbufs_after(call); break;
	case VIDIOC_CREATE_BUFS: {
		const struct v4l2_create_buffers *req = call->arg;
		struct ds_queue *q = call->error ? NULL : queue_of(call, req->format.type);

		if (q)
			q->cache_hints = req->capabilities & V4L2_BUF_CAP_SUPPORTS_MMAP_CACHE_HINTS;
		break;
	}
	case DMA_BUF_IOCTL_SYNC:
		if (!call->error)
			sync_step(call, call->arg, false);
		break;
	default: break;
	}
}
