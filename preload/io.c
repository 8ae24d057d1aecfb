/* SPDX-License-Identifier: MIT */
/* Pins mappings open while the kernel accesses them for the program, and records the access. */
#include "preload/io.h"

#include <errno.h>

#include "preload/fence.h"
#include "preload/hooks.h"
#include "preload/lock.h"
#include "preload/observe.h"
#include "preload/options.h"
#include "preload/recorder.h"
#include "preload/state.h"
#include "preload/sys.h"
#include "preload/trap.h"

#define IOV_LIMIT 1024 /* the kernel's */

bool ds_io_concerns(const void *p, size_t n)
{
	return ds_options.guard != DS_GUARD_OFF && ds_map_overlaps((uintptr_t)p, n);
}

bool ds_io_concerns_vector(const struct iovec *iov, size_t n)
{
	if (ds_options.guard == DS_GUARD_OFF || !ds_map_any() || n > IOV_LIMIT ||
	    !ds_readable(iov, n * sizeof(*iov)))
		return false;
	for (size_t i = 0; i < n; i++)
		if (ds_io_concerns(iov[i].iov_base, iov[i].iov_len))
			return true;
	return false;
}

static const struct msghdr *message(const struct msghdr *msg, size_t i, bool many)
{
	return many ? &((const struct mmsghdr *)(const void *)msg)[i].msg_hdr : msg;
}

bool ds_io_concerns_msg(const struct msghdr *msg, size_t n, bool many)
{
	if (ds_options.guard == DS_GUARD_OFF || !ds_map_any() ||
	    !ds_readable(msg, many ? n * sizeof(struct mmsghdr) : sizeof(*msg)))
		return false;
	for (size_t i = 0; i < (many ? n : 1); i++) {
		const struct msghdr *m = message(msg, i, many);

		if (ds_io_concerns_vector(m->msg_iov, m->msg_iovlen))
			return true;
	}
	return false;
}

void ds_io_enter(struct ds_io *io, unsigned op)
{
	io->op = op;
	io->pins = 0;
}

struct range {
	struct ds_io *io;
	uintptr_t lo, hi;
};

static int needed(unsigned op)
{
	return op == DS_WRITE ? PROT_WRITE : PROT_READ;
}

static void pin(struct ds_map *m, void *arg)
{
	struct range *r = arg;
	struct ds_io *io = r->io;
	struct ds_pin *p;

	if (io->pins == DS_IO_PINS) { /* more than any real vector: let it through unobserved */
		ds_guard_open(m);
		ds_note_missed(DS_MISSED_TABLE_FULL, 0);
		return;
	}
	p = &io->pin[io->pins++];
	*p = (struct ds_pin){.map = m->number};
	p->lo = r->lo > m->addr ? r->lo : m->addr;
	p->hi = r->hi < m->addr + m->len ? r->hi : m->addr + m->len;
	p->forbidden = !m->passive && !m->unguarded && (m->prog_prot & needed(io->op)) &&
		       !(m->rights & io->op);
	atomic_fetch_add(&m->pinned, 1);
	if (!(m->want & needed(io->op)) || m->passive) {
		atomic_store(&m->opened, 1);
		ds_sys_mprotect(p->lo & ~4095ul, ((p->hi + 4095) & ~4095ul) - (p->lo & ~4095ul),
				m->prog_prot);
	}
}

/* In a process that is not followed the lock may be held for ever, by a thread that it does not have. */
static void open_all(uintptr_t lo, uintptr_t hi, void (*open)(struct ds_map *m))
{
	while (lo < hi) {
		struct ds_map *m = ds_map_enter(lo);

		if (m)
			open(m);
		lo = m ? m->addr + m->len : (lo | 4095) + 1;
		ds_map_leave();
	}
}

void ds_io_add(struct ds_io *io, const void *p, size_t n)
{
	struct range r = {io, (uintptr_t)p, (uintptr_t)p + n};

	if (!ds_io_concerns(p, n))
		return;
	if (!ds_own_process()) {
		open_all(r.lo, r.hi, ds_guard_let_go);
		return;
	}
	if (!ds_lock_enter()) { /* a handler inside a section: the kernel must get at the memory */
		open_all(r.lo, r.hi, ds_guard_open_now);
		return;
	}
	if (atomic_load(&ds_fences))
		ds_fences_look();
	ds_map_each(r.lo, n, pin, &r);
	ds_lock_leave();
}

void ds_io_add_vector(struct ds_io *io, const struct iovec *iov, size_t n)
{
	for (size_t i = 0; i < n && i < IOV_LIMIT; i++)
		ds_io_add(io, iov[i].iov_base, iov[i].iov_len);
}

void ds_io_add_msg(struct ds_io *io, const struct msghdr *msg, size_t n, bool many)
{
	for (size_t i = 0; i < (many ? n : 1); i++) {
		const struct msghdr *m = message(msg, i, many);

		ds_io_add_vector(io, m->msg_iov, m->msg_iovlen);
	}
}

static void record(const struct ds_io *io, const struct ds_map *m, const struct ds_pin *p,
		   size_t bytes, const char *call, unsigned legal)
{
	size_t n = p->hi - p->lo < bytes ? p->hi - p->lo : bytes;

	/* another thread took the buffer back meanwhile: the order is unknown */
	if (!n || (!legal && (m->rights & io->op)))
		return;
	ds_emit((struct ds_event){
		.type = DS_EV_ACCESS,
		.flags = (uint16_t)((io->op == DS_WRITE ? DS_EVF_WRITE : DS_EVF_READ) | legal |
				    m->origin << DS_EVF_ORIGIN_SHIFT),
		.stack = ds_stack_here(),
		.buffer = m->buffer,
		.a = p->lo - m->addr,
		.b = n,
		.c = m->number,
		.d = ds_text(call),
	});
}

static void unpin(struct ds_io *io, struct ds_pin *p, size_t bytes, const char *call, int error)
{
	struct ds_map *m = ds_map_at(p->map);

	if (!m || !m->live)
		return;
	if (p->forbidden)
		record(io, m, p, bytes, call, 0);
	else if (bytes && ds_observe_first(m, io->op))
		record(io, m, p, bytes, call, DS_EVF_LEGAL);
	if (error == EFAULT && !(m->want & needed(io->op)))
		ds_emit((struct ds_event){.type = DS_EV_EFAULT,
					  .buffer = m->buffer,
					  .a = p->lo,
					  .b = p->hi - p->lo,
					  .d = ds_text(call)});
	if (atomic_fetch_sub(&m->pinned, 1) != 1)
		return;
	/* every: closed again at once; first: stays open for the rest of the window */
	if (m->have != m->want || ds_options.guard == DS_GUARD_EVERY || ds_options.observe)
		ds_guard_map(m);
}

void ds_io_leave(struct ds_io *io, const char *call, size_t bytes, int error)
{
	if (!io->pins || !ds_lock_enter())
		return;
	for (unsigned i = 0; i < io->pins; i++) {
		size_t n = io->pin[i].hi - io->pin[i].lo;

		unpin(io, &io->pin[i], bytes, call, error);
		bytes -= n < bytes
				 ? n
				 : bytes; /* buffers in order: exact when all of them are guarded */
	}
	ds_lock_leave();
}
