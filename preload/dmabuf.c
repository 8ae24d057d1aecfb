/* SPDX-License-Identifier: MIT */
/* dma-bufs: SYNC brackets, and the calls that make descriptors of them. */
#include <errno.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>

#include "preload/fence.h"
#include "preload/ioctl.h"
#include "preload/recorder.h"

/* START with bits that the kernel refuses is a probe (waypipe does it), not a bracket. */
static bool valid(uint64_t flags)
{
	return (flags & DMA_BUF_SYNC_RW) && !(flags & ~(uint64_t)DMA_BUF_SYNC_VALID_FLAGS_MASK);
}

static void note_stale(const struct ds_call *call, uint32_t buffer, enum ds_stale kind)
{
	ds_emit((struct ds_event){.type = DS_EV_STALE,
				  .stack = ds_stack_here(),
				  .buffer = buffer,
				  .result = call->error,
				  .a = (uint64_t)call->fd,
				  .c = kind,
				  .d = call->name});
}

/*
 * A START on a stranger's file may be a probe (is this a dma-buf?).  An END whose START went by the
 * same number is none: somebody has closed the number meanwhile, and it was given out again.
 */
static void stale_sync(const struct ds_call *call)
{
	const struct dma_buf_sync *sync = call->arg;
	struct ds_buf *b;

	if (call->error == EBADF && ds_fd_is_stale(call->fd))
		note_stale(call, ds_fd_peek(call->fd)->was_buffer, DS_STALE_FD);
	if (call->error != ENOTTY || !(sync->flags & DMA_BUF_SYNC_END))
		return;
	for (uint32_t i = 1; (b = ds_buf_at(i)); i++)
		if (b->started && b->start_fd == call->fd && b->hold.brackets &&
		    ds_fd_is_other(call->fd, i)) {
			note_stale(call, i, DS_STALE_OTHER);
			return;
		}
}

void ds_dmabuf_sync(struct ds_call *call)
{
	const struct dma_buf_sync *sync = call->arg;
	struct ds_buf *b;
	bool end;

	if (!call->f || call->f->kind != DS_FD_DMABUF) {
		stale_sync(call);
		return;
	}
	b = ds_buf_at(call->f->object);
	if (!b || !valid(sync->flags))
		return;
	end = sync->flags & DMA_BUF_SYNC_END;
	if (!call->error && !end && atomic_load(&ds_fences))
		ds_fences_look(); /* START has waited */
	ds_emit((struct ds_event){.type = DS_EV_SYNC,
				  .flags = end ? DS_EVF_END : 0,
				  .stack = ds_stack_here(),
				  .buffer = b->number,
				  .result = call->error,
				  .a = sync->flags & DMA_BUF_SYNC_RW,
				  .b = (uint64_t)call->fd,
				  .d = call->name});
	if (call->error)
		return;
	if (end)
		ds_hold_end(&b->hold, sync->flags & DMA_BUF_SYNC_RW, NULL);
	else
		ds_hold_start(&b->hold, sync->flags & DMA_BUF_SYNC_RW, 0);
	b->started = !end;
	b->start_fd = call->fd;
	ds_guard_buffer(b);
}

void ds_dmabuf_export_fence(struct ds_call *call)
{
	const struct dma_buf_export_sync_file *arg = call->arg;

	if (!call->error && call->f && call->f->kind == DS_FD_DMABUF)
		ds_fd_born_fence(arg->fd, call->f->object);
	else if (!call->error)
		ds_fd_fresh(arg->fd);
}

void ds_dmabuf_import_fence(struct ds_call *call)
{
	if (!call->error && call->f && call->f->kind == DS_FD_DMABUF)
		ds_fence_added(ds_buf_at(call->f->object), 0, call->name);
}

void ds_heap_alloc(struct ds_call *call)
{
	const struct dma_heap_allocation_data *alloc = call->arg;

	if (!call->error)
		ds_fd_born_dmabuf((int)alloc->fd, 0, DS_KIND_HEAP, call->name);
}
