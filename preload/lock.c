/* SPDX-License-Identifier: MIT */
/* A futex mutex whose word is the owner's thread id. */
#include "preload/lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "preload/hooks.h"
#include "preload/left.h"
#include "preload/real.h"
#include "preload/recorder.h"
#include "preload/sys.h"

#define UNKNOWN UINTPTR_MAX
#define SPINS	64  /* looks at a lock that is held for some fifty nanoseconds */
#define NAPS	32  /* then its owner sleeps, or more threads than processors want it */
#define LONG	100 /* milliseconds in one section: its owner may have left it for good */

static _Atomic uint32_t owner;
static _Atomic uint32_t contended; /* somebody sleeps, or is about to */
/* where the owner entered, once that is known */
static _Atomic uintptr_t owner_frame = UNKNOWN;
static _Atomic uint32_t sections; /* so far */
static _Atomic bool kept;	  /* the owner has returned from where it entered, and comes back */
static __thread uint32_t my_tid __attribute__((tls_model("initial-exec")));

uint32_t ds_tid(void)
{
	if (!my_tid)
		my_tid = (uint32_t)DS_SYS(gettid);
	return my_tid;
}

/* The owner comes again: from a handler that interrupted it, or after it has left for good. */
static bool enter_again(uintptr_t here)
{
	bool left = !kept && ds_own_process() && ds_left(atomic_load(&owner_frame), here);

	ds_note_missed(DS_MISSED_REENTRY, 0);
	if (left) {
		atomic_store(&owner_frame, here);
		ds_stack_use(0); /* of the call that was left */
	}
	return left;
}

/* The thread `tid` has ended inside its section: its lock is free.  False when somebody was faster. */
static bool bury(uint32_t tid)
{
	if (!atomic_compare_exchange_strong(&owner, &tid, ds_tid()))
		return false;
	ds_note_missed(DS_MISSED_REENTRY, 0);
	ds_stack_use(0);
	atomic_store(&kept, false);
	ds_lock_leave();
	return true;
}

struct patience {
	uint32_t section;
	unsigned ms,
		next; /* waited; when to ask next: twice as long each time, for asking may be noticed */
};

static void wait_for(uint32_t seen, struct patience *p)
{
	static const struct timespec ms = {.tv_nsec = 1000000};
	uint32_t now = atomic_load_explicit(&sections, memory_order_relaxed);

	if (now != p->section || !p->next)
		*p = (struct patience){.section = now, .next = LONG};
	if (++p->ms == p->next) {
		p->next *= 2;
		if (ds_left_ask(seen) == -ESRCH && bury(seen))
			return;
	}
	atomic_store(&contended, 1);
	DS_SYS(futex, &owner, FUTEX_WAIT_PRIVATE, seen, &ms);
}

__attribute__((noinline)) bool ds_lock_enter(void)
{
	static const struct timespec nap = {.tv_nsec = 5000};
	static uint32_t nobody; /* wakes who naps: it costs the owner nothing */
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	struct patience patience = {0};
	uint32_t me = ds_tid();

	for (unsigned tries = 0;; tries++) {
		uint32_t seen = atomic_load_explicit(&owner, memory_order_relaxed);

		if (!seen &&
		    atomic_compare_exchange_strong_explicit(&owner, &seen, me, memory_order_acquire,
							    memory_order_relaxed)) {
			atomic_store_explicit(&owner_frame, here, memory_order_relaxed);
			/* the owner's alone to write */
			atomic_store_explicit(
				&sections,
				atomic_load_explicit(&sections, memory_order_relaxed) + 1,
				memory_order_relaxed);
			/* who was woken does not know who still sleeps */
			if (DS_UNLIKELY(tries > SPINS + NAPS))
				atomic_store_explicit(&contended, 1, memory_order_relaxed);
			return true;
		}
		if (seen == me)
			return enter_again(here);
		if (tries < SPINS) {
			ds_arch_pause();
			continue;
		}
		if (tries < SPINS + NAPS) {
			DS_SYS(futex, &nobody, FUTEX_WAIT_PRIVATE, 0, &nap);
			continue;
		}
		if (seen)
			wait_for(seen, &patience);
	}
}

/*
 * No exchange, which would cost as much as the rest: a processor may then look at `contended` before
 * others see that the lock is free.  Who began to wait in that moment is not woken, and looks again
 * when its patience ends.  One is woken; until it runs, nobody pays for another call of the kernel.
 */
void ds_lock_leave(void)
{
	if (DS_UNLIKELY(!ds_lock_is_mine()))
		return; /* taken for left, which it was not: it is somebody else's now */
	if (DS_UNLIKELY(atomic_load_explicit(&kept, memory_order_relaxed)))
		atomic_store_explicit(&kept, false, memory_order_relaxed);
	atomic_store_explicit(&owner_frame, UNKNOWN, memory_order_relaxed);
	atomic_store_explicit(&owner, 0, memory_order_release);
	if (DS_UNLIKELY(atomic_load_explicit(&contended, memory_order_relaxed))) {
		atomic_store_explicit(&contended, 0, memory_order_relaxed);
		DS_SYS(futex, &owner, FUTEX_WAKE_PRIVATE, 1);
	}
}

bool ds_lock_may_be_left(uintptr_t *ret_taken)
{
	*ret_taken = atomic_load(&owner_frame);
	return ds_lock_is_mine() && !kept;
}

void ds_lock_settle(void)
{
	if (DS_UNLIKELY(ds_lock_is_mine()) && ds_lock_enter())
		ds_lock_leave();
}

void ds_lock_give_up(void)
{
	ds_note_missed(DS_MISSED_REENTRY, 0);
	ds_stack_use(0); /* of the call that was left */
	ds_lock_leave();
}

void ds_lock_keep(void)
{
	atomic_store(&kept, true);
}

bool ds_lock_is_mine(void)
{
	return atomic_load_explicit(&owner, memory_order_relaxed) == ds_tid();
}

void ds_lock_after_fork(void)
{
	my_tid = 0;
	atomic_store(&contended, 0);
	atomic_store(&owner_frame, UNKNOWN);
	atomic_store(&kept, false);
	atomic_store(&owner, 0);
}
