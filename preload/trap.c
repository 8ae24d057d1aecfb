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
#include <sys/uio.h>

#include "preload/fence.h"
#include "preload/hooks.h"
#include "preload/left.h"
#include "preload/observe.h"
#include "preload/options.h"
#include "preload/recorder.h"
#include "preload/shared.h"
#include "preload/state.h"
#include "preload/sys.h"

#define PAGE	 4096ul
#define STEP_MAX 8

/*
 * Unwinding needs more room than a tiny alternate stack or a small thread has left: a trap is worked
 * off on a stack of the library.  More threads than this at once go without the stack of the access.
 */
#define STACKS	    32
#define STACK_BYTES 65536
static char stacks[STACKS][STACK_BYTES] __attribute__((aligned(PAGE)));
static _Atomic uint32_t stacks_used;
/* this thread is working off a trap: what it touches itself is no access of the program */
static __thread bool inside __attribute__((tls_model("initial-exec")));
/* guard=every: pages that are open for the one instruction that is being stepped */
static __thread struct {
	uintptr_t page[STEP_MAX];
	int pages;
} step __attribute__((tls_model("initial-exec")));

/* ---- faults that are ours ---- */

static int need_of(enum ds_fault fault)
{
	return fault == DS_FAULT_WRITE ? PROT_READ | PROT_WRITE : PROT_READ;
}

/* With too little room for the unwinder, the instruction alone. */
static uint32_t stack_of(const ucontext_t *uc, bool roomy)
{
	return roomy ? ds_stack_of(uc) : ds_stack_pc(uc);
}

static void record(const struct ds_map *m, uintptr_t addr, enum ds_fault fault,
		   const ucontext_t *uc, bool roomy)
{
	ds_emit((struct ds_event){
		.type = DS_EV_ACCESS,
		.flags = (uint16_t)((fault == DS_FAULT_WRITE ? DS_EVF_WRITE : DS_EVF_READ) |
				    m->origin << DS_EVF_ORIGIN_SHIFT),
		.stack = stack_of(uc, roomy),
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
static bool handle(struct ds_map *m, uintptr_t addr, ucontext_t *uc, bool roomy, bool nested)
{
	enum ds_fault fault = ds_arch_fault(uc);
	int need = need_of(fault), want = atomic_load(&m->want);

	if (fault == DS_FAULT_EXEC || (m->prog_prot & need) != need)
		return false; /* what the program itself did not allow */
	if (m->passive || m->unguarded || nested) {
		ds_sys_mprotect(m->addr, m->len, m->prog_prot);
		return true;
	}
	if (!ds_own_process()) { /* its calls are not followed: nobody knows what it may touch */
		ds_guard_let_go(m);
		return true;
	}
	if ((want & need) == need) { /* opened meanwhile, or a run that was closed late */
		atomic_store(&m->opened, 1);
		ds_sys_mprotect(addr & ~(PAGE - 1), PAGE, want);
		return true;
	}
	ds_fence_touched(ds_buf_at(m->buffer));
	if (ds_observe_fault(m, addr, fault, uc))
		return true;
	if (fault != DS_FAULT_UNKNOWN && !(fault == DS_FAULT_WRITE && (m->rights & DS_WRITE)))
		record(m, addr, fault, uc, roomy);
	open_pages(m, addr, fault == DS_FAULT_WRITE ? m->prog_prot : (want | PROT_READ), uc);
	return true;
}

/* ---- on a stack of our own ---- */

static int take_stack(void)
{
	uint32_t used = atomic_load(&stacks_used);

	while (used != UINT32_MAX) {
		int i = __builtin_ctz(~used);

		if (atomic_compare_exchange_weak(&stacks_used, &used, used | 1u << i))
			return i;
	}
	return -1;
}

static void give_stack(int i)
{
	atomic_fetch_and(&stacks_used, ~(1u << i));
}

/* At the far end of the stack that it is worked off on. */
struct ending {
	void (*fn)(const ucontext_t *caller, int status);
	int status;
	ucontext_t caller;
};

static void end(void *arg)
{
	struct ending *e = arg;

	e->fn(&e->caller, e->status);
}

void ds_trap_end(void (*fn)(const ucontext_t *caller, int status), int status)
{
	int i = take_stack();
	struct ending *e = i < 0 ? NULL : (struct ending *)(void *)stacks[i];

	if (!e)
		return;
	e->fn = fn;
	e->status = status;
	if (!getcontext(&e->caller))
		ds_arch_on_stack(stacks[i] + STACK_BYTES, end, e);
	give_stack(i);
}

struct job {
	void (*fn)(struct job *job);
	struct ds_map *m;
	uintptr_t addr;
	ucontext_t *uc;
	bool ours;
};

static void work(void *arg)
{
	struct job *job = arg;
	const stack_t off = {.ss_flags = SS_DISABLE};
	bool alternate = ds_action_on_alternate(job->uc, (uintptr_t)job->uc);

	/* a fault from here would start at the top of that stack again, over our own frame */
	if (alternate)
		DS_SYS(sigaltstack, &off, NULL);
	job->fn(job);
	if (alternate)
		DS_SYS(sigaltstack, &job->uc->uc_stack, NULL);
}

static void handle_job(struct job *job)
{
	job->ours = handle(job->m, job->addr, job->uc, true, false);
}

static void answer_job(struct job *job)
{
	ds_left_answer(job->uc);
}

/* Who waits for the lock asks this thread.  Without a stack for it now, the next question will do. */
static void answer(ucontext_t *uc)
{
	struct job job = {.fn = answer_job, .uc = uc};
	int i = inside ? -1 : take_stack();

	if (i < 0)
		return;
	inside = true;
	ds_arch_on_stack(stacks[i] + STACK_BYTES, work, &job);
	inside = false;
	give_stack(i);
}

static bool mend(struct ds_map *m, uintptr_t addr, ucontext_t *uc)
{
	struct job job = {handle_job, m, addr, uc, false};
	bool nested = inside;
	int i = nested ? -1 : take_stack();

	if (i < 0)
		return handle(m, addr, uc, false, nested);
	inside = true;
	ds_arch_on_stack(stacks[i] + STACK_BYTES, work, &job);
	inside = false;
	give_stack(i);
	return job.ours;
}

/* guard=every: the instruction is done, or is not going to be: close its pages again. */
static void end_step(ucontext_t *uc)
{
	int pages = step.pages;

	step.pages = 0;
	ds_arch_set_step(uc, false);
	for (int i = 0; i < pages; i++) {
		struct ds_map *m = ds_map_enter(step.page[i]);

		if (m && !m->passive && !m->unguarded)
			ds_sys_mprotect(step.page[i], PAGE, atomic_load(&m->want));
		ds_map_leave();
	}
}

static void on_segv(int sig, siginfo_t *info, void *context)
{
	int saved = errno;
	uintptr_t addr = (uintptr_t)info->si_addr;
	struct ds_map *m;
	bool ours = false;

	if (info->si_code == SEGV_ACCERR) {
		m = ds_map_enter(addr);
		ours = m && mend(m, addr, context);
		ds_map_leave();
	} else if (info->si_code == SEGV_MAPERR && ds_own_process()) {
		ds_gone_fault(addr, ds_arch_fault(context), context);
	} else if (ds_left_is_question(info)) {
		answer(context);
		ours = true;
	}
	if (!ours && step.pages)
		end_step(
			context); /* the program's handler is not to be stepped, and may jump away */
	errno = saved;
	ours = ours || ds_arch_probe_failed(context);
	if (!ours)
		ds_action_forward(sig, info, context, __builtin_return_address(0));
}

/* A file of the run has lost its pages: cut short by somebody, or its disk is gone. */
static void on_bus(int sig, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;

	if (ds_left_is_question(info)) {
		int saved = errno;

		answer(context);
		errno = saved;
		return;
	}
	if (info->si_code > 0 &&
	    (ds_recorder_mend(at) || ds_shared_mend(at) || ds_arch_probe_failed(context)))
		return;
	ds_action_forward(sig, info, context, __builtin_return_address(0));
}

static void on_trap(int sig, siginfo_t *info, void *context)
{
	int saved = errno;

	/* a breakpoint of the program's own is none of our steps */
	if (!step.pages || info->si_code != TRAP_TRACE) {
		ds_action_forward(sig, info, context, __builtin_return_address(0));
		return;
	}
	end_step(context);
	errno = saved;
}

void ds_trap_init(void)
{
	/* few of them are ever touched: one huge page would be all of them */
	DS_SYS(madvise, stacks, sizeof(stacks), MADV_NOHUGEPAGE);
	ds_action_take(SIGBUS, on_bus);
	if (ds_options.guard == DS_GUARD_OFF)
		return;
	ds_mask_init();
	ds_action_take(SIGSEGV, on_segv);
	if (ds_options.guard == DS_GUARD_EVERY)
		ds_action_take(SIGTRAP, on_trap);
}

void ds_trap_keep(void)
{
	ds_mask_reopen();
	ds_action_keep(SIGSEGV);
	if (ds_options.guard == DS_GUARD_EVERY)
		ds_action_keep(SIGTRAP);
}

/* Without our handler nobody would mend a probe. */
static bool probe_by_kernel(uintptr_t at)
{
	char byte;
	struct iovec to = {&byte, 1}, from = {(void *)at, 1};
	long pid = DS_SYS(getpid);

	return DS_SYS(process_vm_readv, pid, &to, 1, &from, 1, 0) == 1;
}

bool ds_readable(const void *p, size_t n)
{
	uintptr_t at = (uintptr_t)p, end = at + n;

	if (end < at)
		return false;
	for (; at < end; at = (at | (PAGE - 1)) + 1)
		if (ds_options.guard == DS_GUARD_OFF ? !probe_by_kernel(at)
						     : !ds_arch_probe((const void *)at))
			return false;
	return true;
}

void ds_trap_after_fork(void)
{
	atomic_store(&stacks_used, 0);
	ds_action_after_fork();
}
