/* SPDX-License-Identifier: MIT */
/*
 * The program's SIGSEGV handlers are kept for it and called for its own faults; ours stays in
 * place.  It may not block the signal either: a blocked SIGSEGV kills at the first trap.
 */
#include <errno.h>

#include "preload/hooks.h"
#include "preload/trap.h"

DS_EXPORT int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	DS_REAL_INIT();
	if (!ds_trap_owns(sig))
		return ds_real.sigaction(sig, act, old);
	return ds_trap_action(sig, act, old);
}

/* What signal() and its relatives mean in terms of sigaction (signal(2), sysv_signal(3)). */
static sighandler_t set_handler(int sig, sighandler_t handler, int flags)
{
	struct sigaction act = {.sa_flags = flags}, old;

	act.sa_handler = handler;
	if (handler == SIG_ERR) {
		errno = EINVAL;
		return SIG_ERR;
	}
	ds_trap_action(sig, &act, &old);
	return old.sa_handler;
}

#define SIGNAL(name, flags)                                        \
	sighandler_t name(int sig, sighandler_t handler);          \
	DS_EXPORT sighandler_t name(int sig, sighandler_t handler) \
	{                                                          \
		DS_REAL_INIT();                                    \
		if (!ds_trap_owns(sig))                            \
			return ds_real.name(sig, handler);         \
		return set_handler(sig, handler, flags);           \
	}
SIGNAL(signal, (int)SA_RESTART)
SIGNAL(bsd_signal, (int)SA_RESTART)
SIGNAL(ssignal, (int)SA_RESTART)
SIGNAL(sysv_signal, (int)(SA_RESETHAND | SA_NODEFER))
SIGNAL(__sysv_signal, (int)(SA_RESETHAND | SA_NODEFER))

DS_EXPORT sighandler_t sigset(int sig, sighandler_t handler)
{
	DS_REAL_INIT();
	if (!ds_trap_owns(sig))
		return ds_real.sigset(sig, handler);
	if (handler == SIG_HOLD) {
		struct sigaction old;

		ds_trap_action(sig, NULL, &old);
		return ds_trap_block(true) ? SIG_HOLD : old.sa_handler;
	}
	if (ds_trap_block(false)) {
		set_handler(sig, handler, 0);
		return SIG_HOLD;
	}
	return set_handler(sig, handler, 0);
}

static int set_mask(int (*real)(int, const sigset_t *, sigset_t *), int how, const sigset_t *set,
		    sigset_t *old)
{
	bool was = ds_trap_blocked(), named;
	sigset_t rest;
	int r;

	if (!ds_trap_owns(SIGSEGV))
		return real(how, set, old);
	named = set && sigismember(set, SIGSEGV) == 1;
	if (set)
		rest = *set;
	if (named && how != SIG_UNBLOCK)
		sigdelset(&rest, SIGSEGV);
	r = real(how, set ? &rest : NULL, old);
	if (r)
		return r;
	if (named || (set && how == SIG_SETMASK))
		ds_trap_block(named && how != SIG_UNBLOCK);
	if (old && was)
		sigaddset(old, SIGSEGV);
	return 0;
}

DS_EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	DS_REAL_INIT();
	return set_mask(ds_real.sigprocmask, how, set, old);
}

DS_EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	DS_REAL_INIT();
	return set_mask(ds_real.pthread_sigmask, how, set, old);
}
