/* SPDX-License-Identifier: MIT */
/*
 * Append-only trace writer.
 *
 * Invariant: a slot is reserved by one atomic addition, filled, and then committed by a release
 * store of its type.  The file grows by doubling, in segments that are mapped once and never moved,
 * so that no writer ever waits for another one's copy.  Blocks are allocated before a segment is
 * used: on a full disk recording ends with a count instead of a SIGBUS in the traced program.
 */
#include "core/trace.h"

#include <errno.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#define SLOT_BYTES  sizeof(struct ds_event)
#define PATIENCE_NS 2000000000ull
#define AHEAD_SLOTS 1024u

/* Which segment a slot lies in: 0 holds the first 256 slots, k the next 256 << (k - 1). */
static unsigned segment_of(uint64_t slot)
{
	uint64_t n = slot / DS_FIRST_SEGMENT_SLOTS;

	return n ? 64u - (unsigned)__builtin_clzll(n) : 0;
}

static uint64_t segment_first(unsigned k)
{
	return k ? (uint64_t)DS_FIRST_SEGMENT_SLOTS << (k - 1) : 0;
}

static uint64_t segment_end(unsigned k)
{
	return (uint64_t)DS_FIRST_SEGMENT_SLOTS << k;
}

static struct ds_event *slot_at(struct ds_trace_writer *w, uint64_t slot)
{
	unsigned k = segment_of(slot);
	uint8_t *base = atomic_load_explicit(&w->segment[k], memory_order_acquire);

	return base ? (struct ds_event *)(void *)(base + (slot - segment_first(k)) * SLOT_BYTES)
		    : NULL;
}

static void count_lost(struct ds_trace_writer *w)
{
	if (w->header)
		atomic_fetch_add_explicit(&w->header->lost, 1, memory_order_relaxed);
}

static int map_segment(struct ds_trace_writer *w, unsigned k)
{
	uint64_t first = segment_first(k) * SLOT_BYTES, end = segment_end(k) * SLOT_BYTES;
	void *p;
	int r = w->io.extend(w->io.ctx, first, end);

	if (!r)
		r = w->io.map(w->io.ctx, first, end - first, &p);
	if (r)
		return r;
	atomic_store_explicit(&w->segment[k], p, memory_order_release);
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void ds_trace_end(struct ds_trace_writer *w, int error)
{
	atomic_store(&w->dead, error);
	if (w->header)
		atomic_store(&w->header->closed_for, (uint32_t)error);
}

bool ds_trace_segment_of(const struct ds_trace_writer *w, uintptr_t addr, uintptr_t *ret_start,
			 size_t *ret_length)
{
	for (unsigned k = 0; k < DS_SEGMENTS; k++) {
		uintptr_t base = (uintptr_t)atomic_load(&w->segment[k]);
		size_t length = (segment_end(k) - segment_first(k)) * SLOT_BYTES;

		if (!base || addr - base >= length)
			continue;
		*ret_start = base;
		*ret_length = length;
		return true;
	}
	return false;
}

static int add_segment(struct ds_trace_writer *w, unsigned k)
{
	int r = 0;

	if (!atomic_load_explicit(&w->segment[k], memory_order_acquire))
		r = map_segment(w, k);
	if (r)
		ds_trace_end(w, -r);
	return r;
}

/*
 * Grow the file unless another thread does: then *ret_owner says which.  A handler of the program that
 * left in the middle, by siglongjmp(), would leave all others waiting.
 */
static int grow_alone(struct ds_trace_writer *w, unsigned k, uint32_t tid, uint32_t *ret_owner)
{
	uint64_t was = w->io.shut ? w->io.shut() : 0;
	int r = -EAGAIN;

	*ret_owner = 0;
	if (atomic_compare_exchange_strong(&w->growing, ret_owner, tid)) {
		r = add_segment(w, k);
		atomic_store_explicit(&w->growing, 0, memory_order_release);
	}
	if (w->io.open)
		w->io.open(was);
	return r;
}

/*
 * Let segment k exist.  One thread grows the file; the others wait a bounded time, once for each
 * segment, and a thread that interrupted itself (a signal handler inside grow) does not wait.
 * No sleep: every call that sleeps is a point at which the program's thread may be cancelled.
 */
static int grow(struct ds_trace_writer *w, unsigned k, uint32_t tid)
{
	uint64_t start = 0;

	if (k >= DS_SEGMENTS)
		return -EFBIG;
	for (;;) {
		uint32_t owner = atomic_load_explicit(&w->growing, memory_order_relaxed);
		int r;

		if (atomic_load_explicit(&w->segment[k], memory_order_acquire))
			return 0;
		if (atomic_load_explicit(&w->dead, memory_order_relaxed))
			return -ENOSPC;
		r = owner ? -EAGAIN : grow_alone(w, k, tid, &owner);
		if (!owner)
			return r;
		if (owner == tid)
			return -EDEADLK;
		if (!start)
			start = now_ns();
		if (now_ns() - start > PATIENCE_NS)
			atomic_store(&w->late, k);
		if (atomic_load(&w->late) == k)
			return -EAGAIN;
		sched_yield();
	}
}

/* Chunk number n, which must lie in one segment; NULL when it is not there. */
static void *chunk(struct ds_trace_writer *w, uint64_t n)
{
	uint64_t first = n * AHEAD_SLOTS;

	return segment_of(first) == segment_of(first + AHEAD_SLOTS - 1) ? slot_at(w, first) : NULL;
}

/*
 * Whoever fills a chunk has the pages of the next one made: 16 page faults become one call.  A chunk
 * that was left a while ago gives its pages back, so that a long trace is no load on the program.
 */
static void look_ahead(struct ds_trace_writer *w, uint64_t first, uint64_t next)
{
	uint64_t n = next / AHEAD_SLOTS;
	void *at;

	if (first / AHEAD_SLOTS == n)
		return;
	at = w->io.ahead ? chunk(w, n) : NULL;
	if (at)
		w->io.ahead(at, AHEAD_SLOTS * SLOT_BYTES);
	at = w->io.behind && n > 3 ? chunk(w, n - 3) : NULL;
	if (at)
		w->io.behind(at, AHEAD_SLOTS * SLOT_BYTES);
}

/* Let slots first to last exist; false when they cannot. */
static bool ready(struct ds_trace_writer *w, uint64_t first, uint64_t last, uint32_t tid)
{
	if (last > UINT32_MAX)
		return false;
	for (unsigned k = segment_of(first); k <= segment_of(last); k++)
		if (!atomic_load_explicit(&w->segment[k], memory_order_acquire) && grow(w, k, tid))
			return false;
	return true;
}

/* Reserve n consecutive slots that can all be stored to; 0 when there is no room. */
static uint32_t reserve(struct ds_trace_writer *w, unsigned n, uint32_t tid)
{
	uint64_t first;

	if (atomic_load_explicit(&w->dead, memory_order_relaxed))
		return 0;
	first = atomic_fetch_add_explicit(&w->header->next, n, memory_order_relaxed);
	if (!ready(w, first, first + n - 1, tid))
		return 0;
	look_ahead(w, first, first + n);
	return (uint32_t)first;
}

/*
 * Field by field: the event has just been put together in pieces of these sizes, and a processor
 * waits for them when they are read back in larger ones.
 */
static void commit(struct ds_event *at, const struct ds_event *ev)
{
	at->flags = ev->flags;
	at->tid = ev->tid;
	at->time_ns = ev->time_ns;
	at->stack = ev->stack;
	at->buffer = ev->buffer;
	at->actor = ev->actor;
	at->result = ev->result;
	at->a = ev->a;
	at->b = ev->b;
	at->c = ev->c;
	at->d = ev->d;
	atomic_store_explicit((_Atomic uint16_t *)&at->type, ev->type, memory_order_release);
}

static void commit_cont(struct ds_event *at, const struct ds_cont *cont)
{
	memcpy((char *)at + sizeof(at->type), (const char *)cont + sizeof(cont->type),
	       sizeof(*cont) - sizeof(cont->type));
	atomic_store_explicit((_Atomic uint16_t *)&at->type, cont->type, memory_order_release);
}

/* Where a reserved slot lies; NULL when there is no room.  Most lie in pages that are there. */
static struct ds_event *place(struct ds_trace_writer *w, uint64_t slot, uint32_t tid)
{
	struct ds_event *at = NULL;

	if (slot % AHEAD_SLOTS != AHEAD_SLOTS - 1 && slot <= UINT32_MAX)
		at = slot_at(w, slot);
	if (__builtin_expect(at != NULL, 1))
		return at;
	if (!ready(w, slot, slot, tid))
		return NULL;
	look_ahead(w, slot, slot + 1);
	return slot_at(w, slot);
}

uint32_t ds_trace_put(struct ds_trace_writer *w, const struct ds_event *ev)
{
	struct ds_event *at = NULL;
	uint64_t slot = 0;

	if (w->header && !atomic_load_explicit(&w->dead, memory_order_relaxed)) {
		slot = atomic_fetch_add_explicit(&w->header->next, 1, memory_order_relaxed);
		at = place(w, slot, ev->tid);
	}
	if (!at) {
		count_lost(w);
		return 0;
	}
	commit(at, ev);
	return (uint32_t)slot;
}

uint32_t ds_trace_put_payload(struct ds_trace_writer *w, const struct ds_event *head,
			      const void *payload, size_t bytes)
{
	unsigned n = (unsigned)((bytes + DS_CONT_BYTES - 1) / DS_CONT_BYTES);
	uint32_t slot = w->header ? reserve(w, n + 1, head->tid) : 0;

	if (!slot) {
		count_lost(w);
		return 0;
	}
	for (unsigned i = 0; i < n; i++) {
		struct ds_cont cont = {.type = DS_EV_CONT};
		size_t at = (size_t)i * DS_CONT_BYTES;

		cont.used = (uint16_t)(bytes - at < DS_CONT_BYTES ? bytes - at : DS_CONT_BYTES);
		memcpy(cont.bytes, (const char *)payload + at, cont.used);
		commit_cont(slot_at(w, slot + 1 + i), &cont);
	}
	commit(slot_at(w, slot), head); /* a head is committed after all that it needs */
	return slot;
}

int ds_trace_start(struct ds_trace_writer *w, const struct ds_trace_io *io,
		   const struct ds_trace_header *proto)
{
	struct ds_trace_header *h;
	int r;

	memset(w, 0, sizeof(*w));
	w->io = *io;
	r = map_segment(w, 0);
	if (r)
		return r;
	h = (struct ds_trace_header *)(void *)atomic_load(&w->segment[0]);
	memcpy(h, proto, sizeof(*h));
	h->version = DS_TRACE_VERSION;
	h->header_bytes = DS_HEADER_BYTES;
	h->slot_bytes = SLOT_BYTES;
	h->byte_order = 0x01020304;
	atomic_store(&h->next, DS_FIRST_SLOT);
	atomic_store(&h->lost, 0);
	atomic_thread_fence(memory_order_release);
	memcpy(h->magic, DS_TRACE_MAGIC, sizeof(h->magic)); /* last: now it is a trace */
	w->header = h;
	return 0;
}
