/* SPDX-License-Identifier: MIT */
/* The signals that the library takes, and the program's own handlers behind them. */
#ifndef DS_PRELOAD_TRAP_H
#define DS_PRELOAD_TRAP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/*
 * SIGSEGV is never really blocked while the program is traced: the kernel would kill the thread at
 * its next trap.  The mask bit of a signal that nobody uses says in its place that the program has
 * blocked SIGSEGV, so that whatever saves and restores masks (signal frames, siglongjmp, contexts,
 * new threads, exec) keeps that wish too.
 */
#define DS_CARRIER	SIGSTKFLT
#define DS_CARRIER_TRAP SIGPWR /* the same for SIGTRAP in guard=every */

/* ---- trap.c ---- */

/* Take SIGSEGV and SIGBUS (and SIGTRAP in guard=every). */
void ds_trap_init(void);

/* A page is about to be closed: make sure that its fault reaches us, whoever took the signal. */
void ds_trap_keep(void);

/*
 * May the kernel read these bytes?  A bad pointer that the program expects EFAULT for is not ours to
 * die of; a system call to find out, as guard=off needs it, may be one that a sandbox does not know.
 */
bool ds_readable(const void *p, size_t n);

/*
 * The process is to end, perhaps in a handler on the smallest of stacks: call fn(caller, status) on a
 * stack of the library.  `caller` is the context of this call.  fn ends the process; without a free
 * stack it is not called.
 */
void ds_trap_end(void (*fn)(const ucontext_t *caller, int status), int status);

/* In the child of a fork: the other threads are gone, and what they were doing is not done. */
void ds_trap_after_fork(void);

/* ---- action.c: what the program believes ---- */

/* Is this a signal that we keep for ourselves? */
bool ds_action_owned(int sig);

/* Install our handler for a signal; what was there becomes the program's action. */
void ds_action_take(int sig, void (*handler)(int, siginfo_t *, void *));

/* Is our handler still the kernel's?  If not, take the signal back. */
void ds_action_keep(int sig);

/* sigaction() of an owned signal, as the kernel would answer.  `act`, `old` may be NULL. */
void ds_action_set(int sig, const struct sigaction *act, struct sigaction *old);

/* Only the flag SA_RESTART of the program's action: siginterrupt(). */
void ds_action_interrupt(int sig, bool interrupt);

/*
 * The signal is the program's: hand it over as the kernel would have.  To be called last of all in
 * our handler, whose frame is `info` and `uc` and whose return address `trampoline`; may not return.
 */
void ds_action_forward(int sig, siginfo_t *info, ucontext_t *uc, void *trampoline);

/* Does the address lie on the alternate stack that the interrupted thread had? */
bool ds_action_on_alternate(const ucontext_t *uc, uintptr_t at);

/* In the child of a fork: a thread that is not here any more may have been writing. */
void ds_action_after_fork(void);

/* ---- mask.c ---- */

/* The signal whose mask bit stands for `sig` now, 0 = its own does. */
int ds_mask_carrier(int sig);

/* Is SIGSEGV kept open under the program's masks? */
bool ds_mask_active(void);

/* The mask that the kernel gets for one of the program's, and back; `set` may be the same object. */
void ds_mask_to_kernel(sigset_t *set);
void ds_mask_to_program(sigset_t *set);

/* Change of the calling thread's mask in the program's words; `real` makes it. */
int ds_mask_change(int (*real)(int, const sigset_t *, sigset_t *), int how, const sigset_t *set,
		   sigset_t *old);

/*
 * A SIGSEGV was sent that the program has blocked: really block it in the interrupted thread, so
 * that it becomes pending; and open again once nothing is pending any more.
 */
void ds_mask_hold_back(int sig, ucontext_t *uc);
void ds_mask_reopen(void);

/* Start: a mask that was inherited with SIGSEGV blocked is translated. */
void ds_mask_init(void);

#endif
