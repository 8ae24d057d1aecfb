/* SPDX-License-Identifier: MIT */
/* A futex mutex whose word is the owner's thread id. */
#include "preload/lock.h"

#include <linux/futex.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "preload/real.h"
#include "preload/recorder.h"
#include "preload/sys.h"

#define SAME_STACK 65536 /* bytes between two frames, at most, that are surely of one stack */
#define KEPT	   UINTPTR_MAX
#define SPINS	   64 /* looks at a lock that is held for some fifty nanoseconds */
#define NAPS	   32 /* then its owner sleeps, or more threads than processors want it */

static _Atomic uint32_t owner;
static _Atomic uint32_t contended; /* somebody sleeps, or is about to */
/* where the owner entered; KEPT = that frame may return */
static _Atomic uintptr_t owner_frame = KEPT;
static __thread uint32_t my_tid __attribute__((tls_model("initial-exec")));

uint32_t ds_tid(void)
{
	if (!my_tid)
		my_tid = (uint32_t)DS_SYS(gettid);
	return my_tid;
}

/*
 * The owner comes again.  A handler that interrupted it runs below its frame, or on the alternate
 * stack.  Above that frame the section can only have been left by siglongjmp() out of a handler.
 */
static bool was_left(uintptr_t here)
{
	uintptr_t frame = atomic_load(&owner_frame);
	stack_t now = {.ss_flags = SS_ONSTACK};

	if (here < frame || here - frame > SAME_STACK)
		return false;
	return !DS_SYS(sigaltstack, NULL, &now) && !(now.ss_flags & SS_ONSTACK);
}

static bool enter_again(uintptr_t here)
{
	bool left = was_left(here);

	ds_note_missed(DS_MISSED_REENTRY, 0);
	if (left) {
		atomic_store(&owner_frame, here);
		ds_stack_use(0); /* of the call that was left */
	}
	return left;
}

__attribute__((noinline)) bool ds_lock_enter(void)
{
	static const struct timespec nap = {.tv_nsec = 5000}, patience = {.tv_nsec = 1000000};
	static uint32_t nobody; /* wakes who naps: it costs the owner nothing */
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	uint32_t me = ds_tid();

	for (unsigned tries = 0;; tries++) {
		uint32_t seen = atomic_load_explicit(&owner, memory_order_relaxed);

		if (!seen &&
		    atomic_compare_exchange_strong_explicit(&owner, &seen, me, memory_order_acquire,
							    memory_order_relaxed)) {
			atomic_store_explicit(&owner_frame, here, memory_order_relaxed);
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
		atomic_store(&contended, 1);
		DS_SYS(futex, &owner, FUTEX_WAIT_PRIVATE, seen, &patience);
	}
}

/*
 * No exchange, which would cost as much as the rest: a processor may then look at `contended` before
 * others see that the lock is free.  Who began to wait in that moment is not woken, and looks again
 * when its patience ends.  One is woken; until it runs, nobody pays for another call of the kernel.
 */
void ds_lock_leave(void)
{
	atomic_store_explicit(&owner_frame, KEPT, memory_order_relaxed); /* until it is known */
	atomic_store_explicit(&owner, 0, memory_order_release);
	if (DS_UNLIKELY(atomic_load_explicit(&contended, memory_order_relaxed))) {
		atomic_store_explicit(&contended, 0, memory_order_relaxed);
		DS_SYS(futex, &owner, FUTEX_WAKE_PRIVATE, 1);
	}
}

void ds_lock_keep(void)
{
	atomic_store(&owner_frame, KEPT);
}

bool ds_lock_is_mine(void)
{
	return atomic_load_explicit(&owner, memory_order_relaxed) == ds_tid();
}

void ds_lock_after_fork(void)
{
	my_tid = 0;
	atomic_store(&contended, 0);
	atomic_store(&owner_frame, KEPT);
	atomic_store(&owner, 0);
}
