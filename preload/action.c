/* SPDX-License-Identifier: MIT */
/*
 * The program's own actions for the signals that the library takes, and how a signal that is the
 * program's reaches it.
 *
 * Delivery is a jump, not a call: the program's handler runs on the frame that the kernel made, with
 * the kernel's return address, so that its context, its backtrace, the room on its alternate stack
 * and what happens when it returns or leaves by siglongjmp() are what they are without us.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "preload/hooks.h"
#include "preload/options.h"
#include "preload/sys.h"
#include "preload/trap.h"

/* As the kernel has it.  By system call, because a sanitizer's sigaction would put its own in between. */
struct kernel_action {
	void (*handler)(int, siginfo_t *, void *);
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

#define BIT(sig) ((uint64_t)1 << (-1 + (sig)))

struct owned {
	_Atomic uint32_t version; /* odd = being written */
	bool taken;
	int sig;
	void (*handler)(int, siginfo_t *, void *);
	struct sigaction program;
};

static struct owned owned[3] = {{.sig = SIGSEGV}, {.sig = SIGBUS}, {.sig = SIGTRAP}};
static _Atomic int writing;
/* the kernel's frame while a copy of it is being made: that may hit the end of the stack */
static __thread ucontext_t *moving __attribute__((tls_model("initial-exec")));

static struct owned *find(int sig)
{
	for (unsigned i = 0; i < 3; i++)
		if (owned[i].sig == sig && owned[i].taken)
			return &owned[i];
	return NULL;
}

bool ds_action_owned(int sig)
{
	return ds_active && find(sig);
}

/* ---- the record ---- */

static void block_all(uint64_t *old)
{
	uint64_t all = ~(uint64_t)0;

	DS_SYS(rt_sigprocmask, SIG_SETMASK, &all, old, 8);
}

/* A reader in a signal handler never finds its own thread writing: signals are blocked meanwhile. */
static void write_begin(struct owned *o, uint64_t *mask)
{
	block_all(mask);
	while (atomic_exchange(&writing, 1))
		;
	atomic_fetch_add(&o->version, 1);
}

static void write_end(struct owned *o, const uint64_t *mask)
{
	atomic_fetch_add(&o->version, 1);
	atomic_store(&writing, 0);
	DS_SYS(rt_sigprocmask, SIG_SETMASK, mask, NULL, 8);
}

static struct sigaction read_action(const struct owned *o)
{
	struct sigaction copy;
	uint32_t before;

	do {
		before = atomic_load(&o->version);
		copy = o->program;
		atomic_thread_fence(memory_order_acquire);
	} while ((before & 1) || before != atomic_load(&o->version));
	return copy;
}

void ds_action_after_fork(void)
{
	atomic_store(&writing, 0);
	for (unsigned i = 0; i < 3; i++)
		atomic_fetch_add(&owned[i].version, owned[i].version & 1);
}

/* Our handler; whether it restarts system calls is what the program asked for. */
static void install(struct owned *o, int restart)
{
	/*
	 * All are blocked, also the two that libc keeps for itself: a cancellation in the middle of a
	 * trap would unwind a stack of ours.
	 */
	struct kernel_action act = {
		.handler = o->handler,
		.flags = (unsigned long)(SA_SIGINFO | SA_ONSTACK | SA_NODEFER | restart),
		.mask = ~(uint64_t)0,
	};

	/* faults of our own inside the handler must still arrive */
	act.mask &= ~(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGTRAP));
	act.flags |= ds_arch_restorer ? DS_SA_RESTORER : 0;
	act.restorer = ds_arch_restorer;
	DS_SYS(rt_sigaction, o->sig, &act, NULL, 8);
}

static bool by_default(const struct sigaction *act)
{
	return act->sa_handler == SIG_DFL || act->sa_handler == SIG_IGN;
}

static int restart_of(const struct sigaction *act)
{
	return by_default(act) ? (int)SA_RESTART : act->sa_flags & (int)SA_RESTART;
}

void ds_action_take(int sig, void (*handler)(int, siginfo_t *, void *))
{
	struct owned *o = &owned[sig == SIGSEGV ? 0 : sig == SIGBUS ? 1 : 2];
	struct kernel_action was = {0};

	DS_SYS(rt_sigaction, sig, NULL, &was, 8);
	o->program = (struct sigaction){.sa_flags = (int)was.flags};
	o->program.sa_sigaction = was.handler;
	o->program.sa_restorer = was.restorer;
	memcpy(&o->program.sa_mask, &was.mask, 8);
	o->handler = handler;
	install(o, restart_of(&o->program));
	o->taken = true;
}

void ds_action_keep(int sig)
{
	struct kernel_action now = {0};
	struct owned *o = find(sig);

	uint64_t mask;

	if (!o || DS_SYS(rt_sigaction, sig, NULL, &now, 8) || now.handler == o->handler)
		return;
	/* set by a raw system call, as some language run-times do */
	write_begin(o, &mask);
	if (!DS_SYS(rt_sigaction, sig, NULL, &now, 8) && now.handler != o->handler)
		ds_action_take(sig, o->handler);
	write_end(o, &mask);
}

/* As the kernel stores it: flags it knows, a mask without the two that cannot be blocked. */
static struct sigaction normal(const struct sigaction *act)
{
	struct sigaction n = *act;

	n.sa_flags |= ds_arch_restorer ? DS_SA_RESTORER : 0;
	n.sa_restorer = ds_arch_restorer;
	sigdelset(&n.sa_mask, SIGKILL);
	sigdelset(&n.sa_mask, SIGSTOP);
	return n;
}

void ds_action_set(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct owned *o = find(sig);
	struct sigaction was;
	uint64_t mask;

	if (!act) {
		was = read_action(o);
	} else {
		struct sigaction mine = normal(act);

		write_begin(o, &mask);
		was = o->program;
		o->program = mine;
		if (restart_of(&was) != restart_of(&mine))
			install(o, restart_of(&mine));
		write_end(o, &mask);
	}
	if (!old)
		return;
	old->sa_handler = was.sa_handler;
	old->sa_flags = was.sa_flags;
	old->sa_restorer = was.sa_restorer;
	memcpy(&old->sa_mask, &was.sa_mask, 8); /* what the kernel knows of it */
}

void ds_action_interrupt(int sig, bool interrupt)
{
	struct sigaction act;

	ds_action_set(sig, NULL, &act);
	act.sa_flags = interrupt ? act.sa_flags & ~(int)SA_RESTART : act.sa_flags | (int)SA_RESTART;
	ds_action_set(sig, &act, NULL);
}

/* ---- delivery ---- */

static bool was_sent(const siginfo_t *info)
{
	return info->si_code <= 0;
}

/* Once more, with the same siginfo: to this thread, or to whichever thread takes it. */
static void send_again(int sig, siginfo_t *info, bool to_thread)
{
	long pid = DS_SYS(getpid), tid = DS_SYS(gettid);

	if (to_thread ? DS_SYS(rt_tgsigqueueinfo, pid, tid, sig, info)
		      : DS_SYS(rt_sigqueueinfo, pid, sig, info))
		DS_SYS(tgkill, pid, tid, sig); /* a sandbox that knows only the older call */
}

/* The real default, so that the same instruction faults again and the core shows it. */
static void die_by(int sig, siginfo_t *info)
{
	const struct kernel_action dfl = {0}; /* SIG_DFL */

	DS_SYS(rt_sigaction, sig, &dfl, NULL, 8);
	if (was_sent(info) || sig == SIGTRAP)
		send_again(sig, info, true);
}

/* Sent while the program has it blocked: from now on it is pending in the kernel. */
static void keep_pending(int sig, siginfo_t *info, ucontext_t *uc)
{
	ds_mask_hold_back(sig, uc);
	send_again(sig, info, info->si_code == SI_TKILL);
}

/* The action for one delivery: SA_RESETHAND takes it away. */
static struct sigaction use_action(struct owned *o)
{
	struct sigaction act = read_action(o);
	uint64_t mask;

	if (!(act.sa_flags & (int)SA_RESETHAND) || by_default(&act))
		return act;
	write_begin(o, &mask);
	act = o->program;
	o->program.sa_handler = SIG_DFL;
	write_end(o, &mask);
	return act;
}

bool ds_action_on_alternate(const ucontext_t *uc, uintptr_t at)
{
	uintptr_t lo = (uintptr_t)uc->uc_stack.ss_sp;

	return uc->uc_stack.ss_size && !(uc->uc_stack.ss_flags & SS_DISABLE) &&
	       at - lo < uc->uc_stack.ss_size;
}

/* Where the program's handler runs: on the kernel's frame, or where it would have been made. */
static void deliver(const struct sigaction *act, int sig, siginfo_t *info, ucontext_t *uc,
		    void *trampoline)
{
	uint64_t mask;
	sigset_t wanted = act->sa_mask;
	bool shadow = ds_arch_shadow_stack();
	bool moved = !shadow && !(act->sa_flags & SA_ONSTACK) &&
		     ds_action_on_alternate(uc, (uintptr_t)uc) &&
		     !ds_action_on_alternate(uc, ds_arch_sp(uc));

	if (!(act->sa_flags & SA_NODEFER))
		sigaddset(&wanted, sig);
	if (ds_mask_active())
		ds_mask_to_kernel(&wanted);
	memcpy(&mask, &uc->uc_sigmask, 8);
	mask |= *(const uint64_t *)(const void *)&wanted;
	if (moved) {
		moving = uc;
		ds_arch_move_frame(&info, &uc);
		moving = NULL;
	}
	DS_SYS(rt_sigprocmask, SIG_SETMASK, &mask, NULL, 8);
	if (shadow) /* a call costs the program some of its stack, a jump would kill it */
		act->sa_sigaction(sig, info, uc);
	else
		ds_arch_deliver((void *)(uintptr_t)act->sa_handler, sig, info, uc, trampoline);
}

void ds_action_forward(int sig, siginfo_t *info, ucontext_t *uc, void *trampoline)
{
	struct owned *o = find(sig);
	bool held =
		sig == SIGSEGV && ds_mask_active() && sigismember(&uc->uc_sigmask, DS_CARRIER) == 1;
	struct sigaction act = o ? read_action(o) : (struct sigaction){0};

	if (moving) { /* no room for the frame: the kernel would have killed the program, there */
		uc = moving;
		moving = NULL;
		die_by(sig, info);
		ds_arch_return(uc);
	}
	if (act.sa_handler == SIG_IGN && was_sent(info))
		return;
	if (held && was_sent(info)) {
		keep_pending(sig, info, uc);
		return;
	}
	if (by_default(&act) || held) {
		die_by(sig, info);
		return;
	}
	act = use_action(o);
	deliver(&act, sig, info, uc, trampoline);
}
