/* SPDX-License-Identifier: MIT */
/*
 * The one lock of the library's state.
 *
 * It is never taken in the trap handler and never held across a call of the program that may block.
 * A signal handler of the program that interrupts its own thread inside the lock finds itself the
 * owner: its call is passed on unobserved and counted (MISSED), so there is no dead-lock.  One that
 * leaves the lock by siglongjmp() never gives it back: left.h says how it is had again.
 */
#ifndef DS_PRELOAD_LOCK_H
#define DS_PRELOAD_LOCK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * False when this very thread holds the lock already.  The frame of the caller must be there until
 * ds_lock_leave(), or ds_lock_keep() has said that it will not.
 */
bool ds_lock_enter(void);
void ds_lock_leave(void);
void ds_lock_keep(void);

/* Does this thread hold it, in a section that has a frame?  `ret_taken`: where it took it, if that is known. */
bool ds_lock_may_be_left(uintptr_t *ret_taken);

/*
 * A wrapper is about to wait in the program's call, without the lock.  Its frame is no sign of a
 * section: one that this thread has left is ended now.
 */
void ds_lock_settle(void);

/* The owner has left its section: nobody has the lock now. */
void ds_lock_give_up(void);

/* Does this thread hold the lock? */
bool ds_lock_is_mine(void);

/* In the child of a fork: the lock belongs to nobody, the thread id is new. */
void ds_lock_after_fork(void);

/* Kernel id of this thread, cached. */
uint32_t ds_tid(void);

#endif
