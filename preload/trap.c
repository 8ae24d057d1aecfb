/* SPDX-License-Identifier: MIT */
/*
 * The trap handler: finds the mapping without a lock, records one access, opens a growing run of
 * pages for the rest of the window, returns.  A fault that is not ours goes to the program exactly
 * as it came.
 */
#include "preload/trap.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "preload/hooks.h"
#include "preload/observe.h"
#include "preload/options.h"
#include "preload/recorder.h"
#include "preload/state.h"
#include "preload/sys.h"

#define PAGE	 4096ul
#define STEP_MAX 8

/* the program's own actions, for SIGSEGV and SIGTRAP */
static struct sigaction program[2];
static _Atomic int program_lock;
static __thread bool blocked __attribute__((tls_model("initial-exec")));
/* guard=every: pages that are open for the one instruction that is being stepped */
static __thread struct {
	uintptr_t page[STEP_MAX];
	int pages;
} step __attribute__((tls_model("initial-exec")));

static int slot_of(int sig)
{
	return sig == SIGSEGV ? 0 : 1;
}

bool ds_trap_owns(int sig)
{
	if (ds_options.guard == DS_GUARD_OFF || !ds_active)
		return false;
	return sig == SIGSEGV || (sig == SIGTRAP && ds_options.guard == DS_GUARD_EVERY);
}

bool ds_trap_blocked(void)
{
	return blocked;
}

bool ds_trap_block(bool block)
{
	bool was = blocked;

	blocked = block;
	return was;
}

int ds_trap_action(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct sigaction *mine = &program[slot_of(sig)], was;

	while (atomic_exchange(&program_lock, 1))
		;
	was = *mine;
	if (act)
		*mine = *act;
	atomic_store(&program_lock, 0);
	if (old)
		*old = was;
	return 0;
}

/* ---- faults that are the program's ---- */

/* The real default, so that the same instruction faults again and the core shows it. */
static void die_by(int sig, siginfo_t *info)
{
	struct sigaction dfl;

	memset(&dfl, 0, sizeof(dfl));
	dfl.sa_handler = SIG_DFL;
	ds_real.sigaction(sig, &dfl, NULL);
	if (info->si_code <= 0 || sig == SIGTRAP) { /* sent, not raised by the instruction */
		long pid = DS_SYS(getpid), tid = DS_SYS(gettid);

		DS_SYS(rt_tgsigqueueinfo, pid, tid, sig, info);
	}
}

static void forward(int sig, siginfo_t *info, void *uc)
{
	struct sigaction act;
	sigset_t mask;

	ds_trap_action(sig, NULL, &act);
	if (act.sa_handler == SIG_IGN && info->si_code <= 0)
		return;
	if (act.sa_handler == SIG_DFL || act.sa_handler == SIG_IGN || blocked) {
		die_by(sig, info);
		return;
	}
	if (act.sa_flags & (int)SA_RESETHAND) {
		struct sigaction dfl = {.sa_flags = 0};

		dfl.sa_handler = SIG_DFL;
		ds_trap_action(sig, &dfl, NULL);
	}
	mask = act.sa_mask;
	if (!(act.sa_flags & SA_NODEFER))
		sigaddset(&mask, sig);
	ds_real.pthread_sigmask(SIG_BLOCK, &mask, NULL); /* sigreturn restores it */
	if (act.sa_flags & SA_SIGINFO)
		act.sa_sigaction(sig, info, uc);
	else
		act.sa_handler(sig);
}

/* ---- faults that are ours ---- */

static int need_of(enum ds_fault fault)
{
	return fault == DS_FAULT_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
}

static void record(const struct ds_map *m, uintptr_t addr, enum ds_fault fault,
		   const ucontext_t *uc)
{
	ds_emit((struct ds_event){
		.type = DS_EV_ACCESS,
		.flags = (uint16_t)((fault == DS_FAULT_WRITE ? DS_EVF_WRITE : DS_EVF_READ) |
				    m->origin << DS_EVF_ORIGIN_SHIFT),
		.stack = ds_stack_of(uc),
		.buffer = m->buffer,
		.a = addr - m->addr,
		.b = 1,
		.c = m->number,
	});
}

struct run {
	uintptr_t lo, hi;
};

/*
 * One page, then two, four ... while the accesses walk on through the mapping, up or down: memcpy
 * goes backwards where that avoids aliasing.
 */
static struct run next_run(struct ds_map *m, uintptr_t page)
{
	uintptr_t lo = atomic_load(&m->run_lo), hi = atomic_load(&m->run_hi);
	uintptr_t end = m->addr + m->len, len = (hi - lo) * 2;
	struct run r = {page, page + PAGE};

	if (page == hi)
		r.hi = len < end - page ? page + len : end;
	else if (page + PAGE == lo)
		r.lo = len < r.hi - m->addr ? r.hi - len : m->addr;
	atomic_store(&m->run_lo, r.lo);
	atomic_store(&m->run_hi, r.hi);
	return r;
}

static void open_pages(struct ds_map *m, uintptr_t addr, int prot, ucontext_t *uc)
{
	uintptr_t page = addr & ~(PAGE - 1);
	struct run run;

	atomic_store(&m->opened, 1);
	if (ds_options.guard != DS_GUARD_EVERY || !ds_arch_can_step() || step.pages == STEP_MAX) {
		run = next_run(m, page);
		ds_sys_mprotect(run.lo, run.hi - run.lo, prot);
		return;
	}
	ds_sys_mprotect(page, PAGE, prot);
	step.page[step.pages++] = page;
	ds_arch_set_step(uc, true);
}

/* True when the fault was ours and is mended. */
static bool handle(struct ds_map *m, uintptr_t addr, ucontext_t *uc)
{
	enum ds_fault fault = ds_arch_fault(uc);
	int need = need_of(fault), want = atomic_load(&m->want);

	if (fault == DS_FAULT_EXEC || (m->prog_prot & need) != need)
		return false; /* what the program itself did not allow */
	if (m->passive || m->unguarded) {
		ds_sys_mprotect(m->addr, m->len, m->prog_prot);
		return true;
	}
	if ((want & need) == need) { /* opened meanwhile, or a run that was closed late */
		atomic_store(&m->opened, 1);
		ds_sys_mprotect(addr & ~(PAGE - 1), PAGE, want);
		return true;
	}
	if (ds_observe_fault(m, addr, fault, uc))
		return true;
	if (fault != DS_FAULT_UNKNOWN && !(fault == DS_FAULT_WRITE && (m->rights & DS_WRITE)))
		record(m, addr, fault, uc);
	open_pages(m, addr, fault == DS_FAULT_WRITE ? m->prog_prot : (want | PROT_READ), uc);
	return true;
}

static void on_segv(int sig, siginfo_t *info, void *context)
{
	int saved = errno;
	uintptr_t addr = (uintptr_t)info->si_addr;
	struct ds_map *m;
	bool ours = false;

	if (info->si_code == SEGV_ACCERR) {
		m = ds_map_enter(addr);
		ours = m && handle(m, addr, context);
		ds_map_leave();
	} else if (info->si_code == SEGV_MAPERR) {
		ds_gone_fault(addr, ds_arch_fault(context), context);
	}
	if (!ours)
		forward(sig, info, context);
	errno = saved;
}

/* guard=every: the instruction is done, close its pages again. */
static void on_trap(int sig, siginfo_t *info, void *context)
{
	int saved = errno, pages = step.pages;

	if (!pages) {
		forward(sig, info, context);
		errno = saved;
		return;
	}
	step.pages = 0;
	ds_arch_set_step(context, false);
	for (int i = 0; i < pages; i++) {
		struct ds_map *m = ds_map_enter(step.page[i]);

		if (m && !m->passive && !m->unguarded)
			ds_sys_mprotect(step.page[i], PAGE, atomic_load(&m->want));
		ds_map_leave();
	}
	errno = saved;
}

static void take(int sig, void (*handler)(int, siginfo_t *, void *))
{
	struct sigaction act;

	memset(&act, 0, sizeof(act));
	act.sa_sigaction = handler;
	act.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER | (int)SA_RESTART;
	sigemptyset(&act.sa_mask);
	ds_real.sigaction(sig, &act, &program[slot_of(sig)]);
}

void ds_trap_init(void)
{
	if (ds_options.guard == DS_GUARD_OFF)
		return;
	take(SIGSEGV, on_segv);
	if (ds_options.guard == DS_GUARD_EVERY)
		take(SIGTRAP, on_trap);
}
