/* SPDX-License-Identifier: MIT */
/* Signal masks: SIGSEGV stays open for traps while the program sees what it has asked for. */
#include <string.h>

#include "preload/hooks.h"
#include "preload/options.h"
#include "preload/sys.h"
#include "preload/trap.h"

/* signals that are really blocked in this thread */
static __thread uint64_t held_back __attribute__((tls_model("initial-exec")));

bool ds_mask_active(void)
{
	return ds_active && ds_options.guard != DS_GUARD_OFF;
}

static void carry(sigset_t *set, int sig, int carrier)
{
	bool named = sigismember(set, sig) == 1;

	sigdelset(set, sig);
	sigdelset(set, carrier);
	if (named)
		sigaddset(set, carrier);
}

/*
 * Nobody blocks a carrier for its own sake, but sigfillset() names it: a mask that has the signal
 * and another of that kind was made so.
 */
static void uncarry(sigset_t *set, int sig, int carrier)
{
	if (sigismember(set, carrier) == 1)
		sigaddset(set, sig);
	sigdelset(set, carrier);
	if (sigismember(set, sig) == 1 && sigismember(set, SIGXFSZ) == 1)
		sigaddset(set, carrier);
}

void ds_mask_to_kernel(sigset_t *set)
{
	carry(set, SIGSEGV, DS_CARRIER);
	if (ds_options.guard == DS_GUARD_EVERY)
		carry(set, SIGTRAP, DS_CARRIER_TRAP); /* each step of an instruction raises it */
}

void ds_mask_to_program(sigset_t *set)
{
	uncarry(set, SIGSEGV, DS_CARRIER);
	if (ds_options.guard == DS_GUARD_EVERY)
		uncarry(set, SIGTRAP, DS_CARRIER_TRAP);
}

static void add_named(sigset_t *mine, const sigset_t *set)
{
	if (sigismember(set, SIGSEGV) == 1)
		sigaddset(mine, SIGSEGV);
	if (sigismember(set, SIGTRAP) == 1)
		sigaddset(mine, SIGTRAP);
}

int ds_mask_carrier(int sig)
{
	if (!ds_mask_active())
		return 0;
	if (sig == SIGTRAP && ds_options.guard == DS_GUARD_EVERY)
		return DS_CARRIER_TRAP;
	return sig == SIGSEGV ? DS_CARRIER : 0;
}

/*
 * SIGSEGV is really blocked only where one was sent while the program had it blocked: it is pending
 * then (action.c), and comes out with the program's own unblocking.
 */
int ds_mask_change(int (*real)(int, const sigset_t *, sigset_t *), int how, const sigset_t *set,
		   sigset_t *old)
{
	sigset_t mine;
	int r;

	if (set) {
		mine = *set;
		ds_mask_to_kernel(&mine);
		if (how == SIG_UNBLOCK) /* both: see keep_pending() */
			add_named(&mine, set);
	}
	r = real(how, set ? &mine : NULL, old);
	if (r)
		return r;
	if (old)
		ds_mask_to_program(old);
	return 0;
}

void ds_mask_hold_back(int sig, ucontext_t *uc)
{
	const uint64_t bit = (uint64_t)1 << (sig - 1);

	sigaddset(&uc->uc_sigmask, sig);
	DS_SYS(rt_sigprocmask, SIG_BLOCK, &bit, NULL, 8);
	held_back |= bit;
}

void ds_mask_reopen(void)
{
	uint64_t pending = 0, open = held_back;

	if (!open || DS_SYS(rt_sigpending, &pending, 8))
		return;
	open &= ~pending;
	held_back &= ~open;
	DS_SYS(rt_sigprocmask, SIG_UNBLOCK, &open, NULL, 8);
}

void ds_mask_init(void)
{
	sigset_t now;

	sigemptyset(&now);
	if (DS_SYS(rt_sigprocmask, SIG_SETMASK, NULL, &now, 8))
		return;
	if (sigismember(&now, SIGSEGV) != 1)
		return;
	ds_mask_to_kernel(&now);
	DS_SYS(rt_sigprocmask, SIG_SETMASK, &now, NULL, 8);
}
