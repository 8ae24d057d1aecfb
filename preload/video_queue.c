/* SPDX-License-Identifier: MIT */
/* Hand-overs of a V4L2 queue: QBUF gives a buffer to the device, DQBUF and the like take it back. */
#include <stdatomic.h>

#include "preload/maps.h"
#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/video.h"

#define PAGE 4096ul

static _Atomic uint64_t handovers;

uint64_t ds_handovers(void)
{
	return atomic_load_explicit(&handovers, memory_order_acquire);
}

/* One writer at a time, under the lock: no atomic addition. */
static uint64_t count_handover(void)
{
	uint64_t n = atomic_load_explicit(&handovers, memory_order_relaxed) + 1;

	atomic_store_explicit(&handovers, n, memory_order_release);
	return n;
}

void ds_queue_stop(struct ds_queue *q)
{
	q->stops++;
	q->halted = count_handover();
}

bool ds_queue_still(const struct ds_queue *q, const struct ds_slot *s, uint64_t mark)
{
	return q->halted <= mark && s->returned <= mark;
}

static void claim_plane(struct ds_queue *q, struct ds_plane *p, uint32_t index, unsigned promise,
			uint32_t name, uint32_t stack)
{
	struct ds_buf *b = ds_buf_at(p->buffer);

	if (!b)
		return;
	if (ds_hold_claim(&b->hold, q->number, index, q->use, 0))
		ds_note_missed(DS_MISSED_TABLE_FULL, name);
	b->hold.promised = promise & DS_RW;
	ds_emit((struct ds_event){.type = DS_EV_CLAIM,
				  .stack = stack,
				  .buffer = b->number,
				  .actor = q->number,
				  .a = index,
				  .b = q->use,
				  .c = promise | (q->hints ? DS_CLAIM_HINTS : 0),
				  .d = name});
	ds_user_guard(p, b);
	ds_guard_buffer(b);
}

void ds_queue_claim(struct ds_queue *q, struct ds_slot *s, uint32_t index, uint32_t name)
{
	uint32_t stack = ds_stack_here();

	s->claimed = s->planes;
	s->memory = (uint8_t)q->memory;
	for (unsigned p = 0; p < s->planes; p++)
		claim_plane(q, &s->plane[p], index, s->promise, name, stack);
}

static void release_plane(struct ds_queue *q, struct ds_plane *p, uint32_t index, bool syncs,
			  uint32_t name, uint32_t stack)
{
	struct ds_buf *b = ds_buf_at(p->buffer);

	if (!b)
		return;
	ds_hold_release(&b->hold, q->number, index, syncs, NULL);
	ds_emit((struct ds_event){.type = DS_EV_RELEASE,
				  .stack = stack,
				  .buffer = b->number,
				  .actor = q->number,
				  .a = index,
				  .b = syncs,
				  .d = name});
	ds_guard_buffer(b);
	ds_user_release(p);
}

void ds_queue_release(struct ds_queue *q, struct ds_slot *s, uint32_t index, bool syncs,
		      uint32_t name)
{
	uint32_t stack = s->claimed ? ds_stack_here() : 0;

	s->returned = count_handover();
	for (unsigned p = 0; p < s->claimed; p++)
		release_plane(q, &s->plane[p], index, syncs, name, stack);
	s->claimed = 0;
}

void ds_queue_release_all(struct ds_queue *q, uint32_t name)
{
	ds_queue_stop(q);
	for (uint32_t i = 0; i < DS_SLOT_CHUNKS * DS_SLOTS_PER_CHUNK; i++) {
		struct ds_slot *s = ds_slot_at(q, i, false);

		if (!s) {
			i |= DS_SLOTS_PER_CHUNK - 1;
		} else if (s->claimed) {
			ds_queue_release(q, s, i, s->memory != V4L2_MEMORY_DMABUF, name);
			s->stopped = q->stops;
		}
	}
}

/*
 * USERPTR.  The memory is the program's: only pages that lie wholly inside the plane are guarded,
 * and only while it is queued, since nobody tells us when it is freed.
 */
struct ds_buf *ds_user_buffer(struct ds_queue *q, struct ds_plane *p, uint32_t index,
			      unsigned plane, uintptr_t addr, size_t len)
{
	struct ds_map *m = ds_map_enter(addr);
	struct ds_buf *b = m ? ds_buf_at(m->buffer) : NULL;

	(void)index;
	(void)plane;
	ds_map_leave();
	if (b && m->origin != DS_ORIGIN_USERPTR) {
		p->buffer =
			b->number; /* memory of another device's buffer: that buffer is queued */
		return b;
	}
	b = ds_buf_at(p->buffer);
	if (b && b->kind == DS_KIND_USERPTR && b->identity == addr && b->size == len)
		return b;
	b = ds_buf_new(DS_KIND_USERPTR, 0, len, addr, q->number, false, 0);
	p->buffer = b ? b->number : 0;
	if (b) /* what is guarded already does not show its own protection */
		b->user_prot = ds_map_overlaps(addr, len) ? -1 : ds_maps_protection(addr, len);
	return b;
}

void ds_user_guard(struct ds_plane *p, struct ds_buf *b)
{
	uintptr_t lo = (b->identity + PAGE - 1) & ~(PAGE - 1);
	uintptr_t hi = (b->identity + b->size) & ~(PAGE - 1);
	struct ds_map *m;

	p->map = 0;
	if (b->kind != DS_KIND_USERPTR || b->user_prot < 0 || lo >= hi ||
	    ds_map_overlaps(lo, hi - lo))
		return;
	m = ds_map_add(b, DS_ORIGIN_USERPTR, lo, hi - lo, lo - b->identity, b->user_prot);
	p->map = m ? m->number : 0;
}

void ds_user_release(struct ds_plane *p)
{
	struct ds_map *m = ds_map_at(p->map);

	p->map = 0;
	/* a munmap by the program may have cut it, and the number may name another mapping now */
	if (m && m->live && m->origin == DS_ORIGIN_USERPTR && m->buffer == p->buffer)
		ds_map_remove(m);
}
