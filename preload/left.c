/* SPDX-License-Identifier: MIT */
/* See left.h. */
#include "preload/left.h"

#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "preload/hooks.h"
#include "preload/lock.h"
#include "preload/options.h"
#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/trap.h"

#define SAME_STACK 65536 /* bytes between two frames, at most, that are surely of one stack */

#define ROOM 64 /* signals that may be pending, at least */

static const char question; /* its address is what the signal carries */

/*
 * Above the frame that took the lock the section can only have been left.  Where there is no unwinder,
 * that is all there is to know.
 */
static bool above(uintptr_t taken, uintptr_t here)
{
	return here >= taken && here - taken <= SAME_STACK;
}

/*
 * libunwind blocks all signals while it has a lock, and makes calls that come to us then (it maps files):
 * a walk of ours would wait for that lock for ever.  SIGSEGV and SIGTRAP are open nevertheless (mask.c).
 * A thread of the program that blocks them all has no handler that could leave a section.
 */
static bool shuts_all(uint64_t mask)
{
	const uint64_t standard = 0x7fffffff;
	const uint64_t open = 1ull << (SIGKILL - 1) | 1ull << (SIGSTOP - 1) |
			      1ull << (SIGSEGV - 1) | 1ull << (SIGTRAP - 1);

	return (mask & standard & ~open) == (standard & ~open);
}

static bool shut_now(void)
{
	uint64_t mask = 0;

	DS_SYS(rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
	return shuts_all(mask);
}

bool ds_left(uintptr_t taken, uintptr_t here)
{
	stack_t now = {.ss_flags = SS_ONSTACK};
	ucontext_t uc;

	/* a handler on the alternate stack may be above by chance */
	if (above(taken, here) && !DS_SYS(sigaltstack, NULL, &now) && !(now.ss_flags & SS_ONSTACK))
		return true;
	return !shut_now() && !getcontext(&uc) && ds_stack_ours(&uc, true) == 0;
}

bool ds_left_is_question(const siginfo_t *info)
{
	return info->si_code == SI_QUEUE &&
	       info->si_value.sival_ptr == (void *)(uintptr_t)&question;
}

int ds_left_ask(uint32_t tid)
{
	int sig = ds_options.guard == DS_GUARD_OFF ? SIGBUS : SIGSEGV;
	siginfo_t info = {.si_signo = sig, .si_code = SI_QUEUE};
	struct rlimit limit;
	char byte;
	struct iovec to = {&byte, 1}, from = {(void *)(uintptr_t)&question, 1};

	if (!ds_own_process()) /* in the child of a vfork no thread has the id that it had */
		return -EAGAIN;
	/* without room for it the kernel drops what the signal carries */
	if (!DS_SYS(prlimit64, 0, RLIMIT_SIGPENDING, 0, &limit) && limit.rlim_cur < ROOM)
		return -EAGAIN;
	/* the main thread that has ended stays as a zombie, which signals still find */
	if (DS_SYS(process_vm_readv, tid, &to, 1, &from, 1, 0) == -ESRCH)
		return -ESRCH;
	ds_action_keep(sig);
	info.si_pid = (pid_t)DS_SYS(getpid);
	info.si_uid = (uid_t)DS_SYS(getuid);
	info.si_value.sival_ptr = (void *)(uintptr_t)&question;
	return (int)DS_SYS(rt_tgsigqueueinfo, info.si_pid, tid, sig, &info);
}

void ds_left_answer(const ucontext_t *uc)
{
	uintptr_t sp = ds_arch_sp(uc), taken;
	uint64_t mask;
	int ours;

	memcpy(&mask, &uc->uc_sigmask, sizeof(mask));
	if (!ds_lock_may_be_left(&taken) || shuts_all(mask))
		return;
	ours = ds_stack_ours(uc, false);
	if (ours == 0 || (ours < 0 && above(taken, sp) && !ds_action_on_alternate(uc, sp)))
		ds_lock_give_up();
}
