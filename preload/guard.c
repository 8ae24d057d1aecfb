/* SPDX-License-Identifier: MIT */
/* Page protection follows ownership: each mapping shows what ds_allowed() leaves to the CPU. */
#include "preload/observe.h"
#include "preload/options.h"
#include "preload/recorder.h"
#include "preload/shared.h"
#include "preload/state.h"
#include "preload/sys.h"
#include "preload/trap.h"

#define PAGE 4096ul

/* A buffer from elsewhere: its bracket may be somebody else's, so none is demanded here. */
static enum ds_origin demanded(const struct ds_buf *b, const struct ds_map *m,
			       const struct ds_elsewhere *e)
{
	return b->foreign && !e->born ? DS_ORIGIN_V4L2 : (enum ds_origin)m->origin;
}

static int wanted(const struct ds_buf *b, const struct ds_map *m, unsigned rights)
{
	int prot = m->prog_prot & ~(PROT_READ | PROT_WRITE);

	if (rights & DS_READ)
		prot |= PROT_READ;
	/*
	 * The CPUs that Linux runs on cannot write a page that they cannot read.  Where the program
	 * promised not to read, the first write of each page traps instead, and is let through.
	 */
	if ((rights & DS_WRITE) && !(b->hold.promised & ~rights & DS_READ))
		prot |= PROT_READ | PROT_WRITE;
	return ds_observe_prot(m, prot & m->prog_prot);
}

static void protect(struct ds_map *m, int prot)
{
	int r;

	if (m->have == prot && !atomic_exchange(&m->opened, 0))
		return;
	atomic_store(&m->opened, 0);
	if (prot != m->prog_prot)
		ds_trap_keep();
	r = ds_sys_mprotect(m->addr, m->len, prot);
	if (!r) {
		m->have = prot;
		return;
	}
	/* gone behind our back (USERPTR memory that was freed), or refused: leave it open */
	m->unguarded = true;
	atomic_store(&m->rights, DS_RW);
	atomic_store(&m->want, m->prog_prot);
	ds_sys_mprotect(m->addr, m->len, m->prog_prot);
	ds_emit((struct ds_event){.type = DS_EV_UNGUARDED,
				  .buffer = m->buffer,
				  .result = -r,
				  .a = m->addr,
				  .b = m->len,
				  .c = m->number});
}

void ds_guard_map(struct ds_map *m)
{
	struct ds_buf *b = ds_buf_at(m->buffer);
	struct ds_elsewhere e;
	unsigned rights;
	int want;

	if (!b || m->unguarded || m->passive || ds_options.guard == DS_GUARD_OFF)
		return;
	ds_shared_elsewhere(b, &e);
	rights = ds_allowed_beside(&b->hold, &e, demanded(b, m, &e));
	want = wanted(b, m, rights);
	atomic_store(&m->rights, rights);
	atomic_store(&m->want, want); /* first: a fault from now on is judged by it */
	if (!atomic_load(&m->pinned))
		protect(m, want);
}

void ds_guard_buffer(struct ds_buf *b)
{
	ds_shared_publish(b);
	for (uint32_t i = b->first_map; i;) {
		struct ds_map *m = ds_map_at(i);

		if (!m)
			return;
		atomic_store(&m->seen, 0); /* a new window */
		ds_guard_map(m);
		i = m->next;
	}
}

void ds_guard_open_now(struct ds_map *m)
{
	atomic_store(&m->opened, 1); /* after a vfork the mapping is the parent's */
	ds_sys_mprotect(m->addr, m->len, m->prog_prot);
}

void ds_guard_let_go(struct ds_map *m)
{
	static _Atomic bool said;

	ds_guard_open_now(m);
	if (!m->passive && !atomic_exchange(&said, true))
		ds_note_missed(DS_MISSED_CHILD, 0);
}

void ds_guard_open(struct ds_map *m)
{
	if (m->unguarded || ds_options.guard == DS_GUARD_OFF)
		return;
	protect(m, m->prog_prot);
}
