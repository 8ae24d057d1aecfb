/* SPDX-License-Identifier: MIT */
/* One step of a shadow: what core/coherency.def says, under the lock that its processes share. */
#include <errno.h>
#include <linux/futex.h>

#include "preload/coherency.h"
#include "preload/lock.h"
#include "preload/recorder.h"
#include "preload/sys.h"

/* Between processes: the owner may have been killed inside. */
static void lock(struct ds_shadow_head *h)
{
	static const struct {
		long s, ns;
	} wait = {0, 10000000};
	uint32_t me = ds_tid(), seen;

	for (;;) {
		seen = 0;
		if (atomic_compare_exchange_strong(&h->lock, &seen, me))
			return;
		if (DS_SYS(tkill, seen, 0) == -ESRCH &&
		    atomic_compare_exchange_strong(&h->lock, &seen, me))
			return;
		DS_SYS(futex, &h->lock, FUTEX_WAIT, seen, &wait);
	}
}

static void unlock(struct ds_shadow_head *h)
{
	atomic_store(&h->lock, 0);
	DS_SYS(futex, &h->lock, FUTEX_WAKE, 1);
}

/* The program's own memory may be gone: it is nobody's duty to keep it while it is not queued. */
static bool there(const struct ds_shadow *s)
{
	uintptr_t lo = (uintptr_t)s->shadow & ~4095ul, hi = (uintptr_t)s->shadow + s->size;
	unsigned char seen[1024];

	for (; s->queue && lo < hi; lo += sizeof(seen) * 4096) {
		size_t n = hi - lo < sizeof(seen) * 4096 ? hi - lo : sizeof(seen) * 4096;

		if (DS_SYS(mincore, lo, n, seen))
			return false;
	}
	return true;
}

static void record(const struct ds_shadow *s, enum ds_cache_event event, unsigned what,
		   uint64_t frame, size_t differ)
{
	const struct ds_buf *b = ds_buf_at(s->buffer);
	uint64_t size = b && b->size && b->size < s->size ? b->size : s->size; /* without padding */

	ds_emit((struct ds_event){.type = DS_EV_COHERENCY,
				  .flags = (uint16_t)what,
				  .buffer = s->buffer,
				  .a = event,
				  .b = frame,
				  .c = differ,
				  .d = DS_LINES(size)});
}

/* What the reports say about it: only where nobody makes the two sides equal afterwards. */
static void note(const struct ds_shadow *s, const struct ds_images *im, enum ds_cache_event event,
		 uint64_t frame, size_t lost)
{
	enum ds_policy policy = (enum ds_policy)ds_options.coherency;

	if (lost)
		record(s, event, DS_EVF_LOST, frame, lost);
	if (event == DS_CACHE_DEQUEUE_CAPTURE_DMABUF)
		record(s, event, DS_EVF_CPU_STALE, frame, ds_cache_differs(im, policy, false));
	if (event == DS_CACHE_QUEUE_OUTPUT_DMABUF)
		record(s, event, DS_EVF_DEVICE_STALE, frame, ds_cache_differs(im, policy, true));
	if (event == DS_CACHE_START_READ)
		record(s, event, DS_EVF_CPU_STALE, frame, 0);
}

void ds_shadow_step(struct ds_shadow *s, enum ds_cache_event event, uint64_t frame)
{
	struct ds_images im = {.real = s->real,
			       .shadow = s->shadow,
			       .pristine = s->pristine,
			       .mark = s->mark,
			       .size = s->size,
			       .seed = (uint64_t)ds_options.seed,
			       .readonly = s->readonly};
	struct ds_damage damage;
	uint64_t n, mask;

	if (!s->head->loaded || !s->real || !there(s))
		return;
	if (!ds_options.fetch &&
	    (event == DS_CACHE_DEQUEUE_CAPTURE || event == DS_CACHE_START_READ))
		return;
	mask = ds_sys_shut();
	lock(s->head);
	im.id = s->head->id;
	im.cold = s->head->cold;
	im.fetched = s->head->fetched;
	n = ++s->head->events;
	damage = ds_cache_step(&im, (enum ds_policy)ds_options.coherency, event, n);
	s->head->cold = im.cold;
	s->head->fetched = im.fetched;
	unlock(s->head);
	ds_sys_reopen(mask);
	note(s, &im, event, frame ? frame : n, damage.lost);
}
