/* SPDX-License-Identifier: MIT */
/*
 * Signal actions and masks.  The program sees the actions and masks that it has set; what the kernel
 * has is ours (action.c, mask.c).
 */
#include <string.h>
#include <sys/syscall.h>

#include "preload/fence.h"
#include "preload/hooks.h"
#include "preload/lock.h"
#include "preload/options.h"
#include "preload/trap.h"

/* In the child of a vfork our memory is the parent's, but the kernel's actions are the child's. */
static bool ours(int sig)
{
	return ds_action_owned(sig) && ds_own_process();
}

/* A handler of another signal that blocks everything would die of its first trap. */
static int open_handler(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct sigaction mine;
	int r;

	if (act) {
		mine = *act;
		ds_mask_to_kernel(&mine.sa_mask);
	}
	r = ds_real.sigaction(sig, act ? &mine : NULL, old);
	if (!r && old)
		ds_mask_to_program(&old->sa_mask);
	return r;
}

DS_EXPORT int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	DS_REAL_INIT();
	if (!ours(sig))
		return ds_mask_active() ? open_handler(sig, act, old)
					: ds_real.sigaction(sig, act, old);
	ds_action_set(sig, act, old);
	return 0;
}

int __sigaction(int sig, const struct sigaction *act, struct sigaction *old);
DS_EXPORT int __sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	return sigaction(sig, act, old);
}

/* What signal() and its relatives mean in terms of sigaction (signal(2), sysv_signal(3)). */
static sighandler_t set_handler(int sig, sighandler_t handler, int flags, bool own_mask)
{
	struct sigaction act = {.sa_flags = flags}, old;

	act.sa_handler = handler;
	if (handler == SIG_ERR) {
		errno = EINVAL;
		return SIG_ERR;
	}
	if (own_mask)
		sigaddset(&act.sa_mask, sig);
	ds_action_set(sig, &act, &old);
	return old.sa_handler;
}

#define SIGNAL(name, flags, own_mask)                              \
	sighandler_t name(int sig, sighandler_t handler);          \
	DS_EXPORT sighandler_t name(int sig, sighandler_t handler) \
	{                                                          \
		DS_REAL_INIT();                                    \
		if (!ours(sig))                                    \
			return ds_real.name(sig, handler);         \
		return set_handler(sig, handler, flags, own_mask); \
	}
SIGNAL(signal, (int)SA_RESTART, true)
SIGNAL(bsd_signal, (int)SA_RESTART, true)
SIGNAL(ssignal, (int)SA_RESTART, true)
SIGNAL(sysv_signal, (int)(SA_RESETHAND | SA_NODEFER), false)
SIGNAL(__sysv_signal, (int)(SA_RESETHAND | SA_NODEFER), false)

DS_EXPORT int siginterrupt(int sig, int flag)
{
	DS_REAL_INIT();
	if (!ours(sig))
		return ds_real.siginterrupt(sig, flag);
	ds_action_interrupt(sig, flag != 0);
	return 0;
}

/* ---- masks ---- */

static int change(int how, const sigset_t *set, sigset_t *old)
{
	return ds_mask_change(ds_real.sigprocmask, how, set, old);
}

DS_EXPORT int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	DS_REAL_INIT();
	return ds_mask_active() ? change(how, set, old) : ds_real.sigprocmask(how, set, old);
}

DS_EXPORT int pthread_sigmask(int how, const sigset_t *set, sigset_t *old)
{
	DS_REAL_INIT();
	if (!ds_mask_active())
		return ds_real.pthread_sigmask(how, set, old);
	return ds_mask_change(ds_real.pthread_sigmask, how, set, old);
}

static int change_one(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	return sigaddset(&set, sig) ? -1 : change(how, &set, NULL);
}

DS_EXPORT int sighold(int sig)
{
	DS_REAL_INIT();
	return ds_mask_active() ? change_one(SIG_BLOCK, sig) : ds_real.sighold(sig);
}

DS_EXPORT int sigrelse(int sig)
{
	DS_REAL_INIT();
	return ds_mask_active() ? change_one(SIG_UNBLOCK, sig) : ds_real.sigrelse(sig);
}

DS_EXPORT int sigignore(int sig)
{
	struct sigaction act = {.sa_flags = 0};

	DS_REAL_INIT();
	if (!ours(sig))
		return ds_real.sigignore(sig);
	act.sa_handler = SIG_IGN;
	ds_action_set(sig, &act, NULL);
	return 0;
}

DS_EXPORT sighandler_t sigset(int sig, sighandler_t handler)
{
	sighandler_t was;
	sigset_t held;

	DS_REAL_INIT();
	if (!ours(sig))
		return ds_real.sigset(sig, handler);
	if (change(SIG_BLOCK, NULL, &held))
		return SIG_ERR;
	if (handler == SIG_HOLD) {
		struct sigaction old;

		ds_action_set(sig, NULL, &old);
		was = old.sa_handler;
		change_one(SIG_BLOCK, sig);
	} else {
		was = set_handler(sig, handler, 0, false);
		if (was != SIG_ERR)
			change_one(SIG_UNBLOCK, sig);
	}
	return was != SIG_ERR && sigismember(&held, sig) == 1 ? SIG_HOLD : was;
}

/* The BSD calls know the first 32 signals. */
static int change_bsd(int how, int mask)
{
	sigset_t set, old;

	sigemptyset(&set);
	memcpy(&set, &mask, sizeof(mask));
	if (change(how, &set, &old))
		return -1;
	memcpy(&mask, &old, sizeof(mask));
	return mask;
}

int sigblock(int mask);
DS_EXPORT int sigblock(int mask)
{
	DS_REAL_INIT();
	return ds_mask_active() ? change_bsd(SIG_BLOCK, mask) : ds_real.sigblock(mask);
}

int sigsetmask(int mask);
DS_EXPORT int sigsetmask(int mask)
{
	DS_REAL_INIT();
	return ds_mask_active() ? change_bsd(SIG_SETMASK, mask) : ds_real.sigsetmask(mask);
}

int siggetmask(void);
DS_EXPORT int siggetmask(void)
{
	DS_REAL_INIT();
	return ds_mask_active() ? change_bsd(SIG_BLOCK, 0) : ds_real.siggetmask();
}

/* ---- waiting for signals: what was pending may be gone now ---- */

static int waited(int r)
{
	int saved = errno;

	ds_mask_reopen();
	errno = saved;
	return r;
}

DS_EXPORT int sigwait(const sigset_t *set, int *sig)
{
	DS_REAL_INIT();
	ds_lock_settle();
	return waited(ds_real.sigwait(set, sig));
}

DS_EXPORT int sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	DS_REAL_INIT();
	ds_lock_settle();
	return waited(ds_real.sigwaitinfo(set, info));
}

DS_EXPORT int sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	DS_REAL_INIT();
	ds_lock_settle();
	return waited(ds_real.sigtimedwait(set, info, timeout));
}

/* ---- calls with a mask of their own: handlers may run under it ---- */

/* The mask to pass on: `set` itself, or its translation in `room`. */
static const sigset_t *passed(const sigset_t *set, sigset_t *room)
{
	if (!set || !ds_mask_active())
		return set;
	*room = *set;
	ds_mask_to_kernel(room);
	return room;
}

DS_EXPORT int sigsuspend(const sigset_t *set)
{
	sigset_t room;

	DS_REAL_INIT();
	ds_lock_settle();
	return ds_real.sigsuspend(passed(set, &room));
}

DS_EXPORT int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		    const sigset_t *set)
{
	sigset_t room;

	DS_REAL_INIT();
	return (int)ds_fence_waited(ds_real.ppoll(fds, n, timeout, passed(set, &room)));
}

int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout, const sigset_t *set,
		size_t size);
DS_EXPORT int __ppoll_chk(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
			  const sigset_t *set, size_t size)
{
	sigset_t room;

	DS_REAL_INIT();
	return (int)ds_fence_waited(ds_real.__ppoll_chk(fds, n, timeout, passed(set, &room), size));
}

DS_EXPORT int pselect(int n, fd_set *r, fd_set *w, fd_set *e, const struct timespec *timeout,
		      const sigset_t *set)
{
	sigset_t room;

	DS_REAL_INIT();
	return (int)ds_fence_waited(ds_real.pselect(n, r, w, e, timeout, passed(set, &room)));
}

DS_EXPORT int epoll_pwait(int fd, struct epoll_event *events, int n, int timeout,
			  const sigset_t *set)
{
	sigset_t room;

	DS_REAL_INIT();
	return (int)ds_fence_waited(
		ds_real.epoll_pwait(fd, events, n, timeout, passed(set, &room)));
}

DS_EXPORT int epoll_pwait2(int fd, struct epoll_event *events, int n,
			   const struct timespec *timeout, const sigset_t *set)
{
	sigset_t room;

	DS_REAL_INIT();
	return (int)ds_fence_waited(
		ds_real.epoll_pwait2(fd, events, n, timeout, passed(set, &room)));
}

DS_EXPORT int pthread_attr_setsigmask_np(pthread_attr_t *attr, const sigset_t *set)
{
	sigset_t room;

	DS_REAL_INIT();
	return ds_real.pthread_attr_setsigmask_np(attr, passed(set, &room));
}

DS_EXPORT int pthread_attr_getsigmask_np(const pthread_attr_t *attr, sigset_t *set)
{
	int r;

	DS_REAL_INIT();
	r = ds_real.pthread_attr_getsigmask_np(attr, set);
	if (!r && ds_mask_active())
		ds_mask_to_program(set);
	return r;
}
