/* SPDX-License-Identifier: MIT */
/*
 * observe=1: the windows in which the CPU may touch a buffer stay closed until it does, so that the
 * analyser knows what it used its rights for.
 *
 * A page cannot be written without being readable.  After a first write only the pages around it
 * are opened, so that a read elsewhere is still seen; reads of what was just written are not.
 */
#include "preload/observe.h"

#include "preload/options.h"
#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/trap.h"

int ds_observe_prot(const struct ds_map *m, int prot)
{
	unsigned seen = atomic_load(&m->seen);

	if (!ds_options.observe || (seen & DS_RW) == DS_RW)
		return prot;
	if (m->origin ==
	    DS_ORIGIN_USERPTR) /* the program's own memory, guarded only while queued */
		return prot;
	return prot & ~((seen & DS_READ) ? PROT_WRITE : PROT_READ | PROT_WRITE);
}

bool ds_observe_first(struct ds_map *m, unsigned op)
{
	return ds_options.observe && (m->rights & op) && !m->passive && !m->unguarded &&
	       !(atomic_fetch_or(&m->seen, (uint8_t)op) & op);
}

static void record(const struct ds_map *m, uintptr_t addr, unsigned op, const ucontext_t *uc)
{
	bool exact = op == DS_WRITE && ds_options.guard == DS_GUARD_EVERY;

	ds_emit((struct ds_event){
		.type = DS_EV_ACCESS,
		.flags = (uint16_t)((op == DS_WRITE ? DS_EVF_WRITE : DS_EVF_READ) | DS_EVF_LEGAL |
				    (exact ? DS_EVF_EXACT : 0) | m->origin << DS_EVF_ORIGIN_SHIFT),
		.stack = ds_stack_of(uc),
		.buffer = m->buffer,
		.a = addr - m->addr,
		.b = 1,
		.c = m->number,
	});
}

bool ds_observe_fault(struct ds_map *m, uintptr_t addr, enum ds_fault fault, const ucontext_t *uc)
{
	unsigned op = fault == DS_FAULT_WRITE ? DS_WRITE : DS_READ, seen;
	int prot = m->prog_prot;

	if (!ds_options.observe || fault == DS_FAULT_UNKNOWN || !(m->rights & op))
		return false;
	if (ds_observe_first(m, op))
		record(m, addr, op, uc);
	seen = atomic_load(&m->seen);
	/* a first write opens a run of pages; in guard=every each write is stepped */
	if (!(seen & DS_READ) || !(m->rights & DS_READ) ||
	    (op == DS_WRITE && ds_options.guard == DS_GUARD_EVERY))
		return false;
	if (!(m->rights & DS_WRITE) || !(seen & DS_WRITE))
		prot &= ~PROT_WRITE;
	atomic_store(&m->opened, 1);
	atomic_store(&m->want, prot);
	ds_sys_mprotect(m->addr, m->len, prot);
	return true;
}

/* ---- memory that is gone ---- */

#define GONE 64 /* the latest; a power of two */

struct gone {
	_Atomic uintptr_t lo, hi; /* lo 0 = none */
	uint64_t offset;
	uint32_t buffer;
	uint8_t origin;
};

static struct gone gone[GONE];
static _Atomic uint32_t gone_next;

static void remember(struct ds_map *m, void *arg)
{
	const uintptr_t *range = arg;
	uintptr_t lo = m->addr > range[0] ? m->addr : range[0];
	uintptr_t end = m->addr + m->len, hi = end < range[1] ? end : range[1];
	struct gone *g = &gone[gone_next++ % GONE];

	if (m->passive || m->origin == DS_ORIGIN_USERPTR)
		return;
	atomic_store(&g->lo, 0);
	g->offset = m->offset + (lo - m->addr);
	g->buffer = m->buffer;
	g->origin = m->origin;
	atomic_store(&g->hi, hi);
	atomic_store(&g->lo, lo);
}

void ds_gone_add(uintptr_t addr, size_t len)
{
	uintptr_t range[2] = {addr, addr + len};

	ds_map_each(addr, len, remember, range);
}

void ds_gone_forget(uintptr_t addr, size_t len)
{
	for (unsigned i = 0; gone_next && i < GONE; i++)
		if (gone[i].lo && gone[i].lo < addr + len && gone[i].hi > addr)
			atomic_store(&gone[i].lo, 0);
}

void ds_gone_fault(uintptr_t addr, enum ds_fault fault, const ucontext_t *uc)
{
	for (uint32_t n = gone_next, i = 0; i < GONE && i < n; i++) {
		const struct gone *g = &gone[(n - 1 - i) % GONE];
		uintptr_t lo = atomic_load(&g->lo);

		if (!lo || addr < lo || addr >= atomic_load(&g->hi))
			continue;
		ds_emit((struct ds_event){
			.type = DS_EV_ACCESS,
			.flags = (uint16_t)((fault == DS_FAULT_WRITE ? DS_EVF_WRITE : DS_EVF_READ) |
					    DS_EVF_GONE | g->origin << DS_EVF_ORIGIN_SHIFT),
			.stack = ds_stack_of(uc),
			.buffer = g->buffer,
			.a = addr - lo + g->offset,
			.b = 1,
		});
		return;
	}
}
