/* SPDX-License-Identifier: MIT */
/* A futex mutex whose word is the owner's thread id. */
#include "preload/lock.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <time.h>

#include "preload/recorder.h"
#include "preload/sys.h"

static _Atomic uint32_t owner;
static _Atomic uint32_t waiters;
static __thread uint32_t my_tid __attribute__((tls_model("initial-exec")));

uint32_t ds_tid(void)
{
	if (!my_tid)
		my_tid = (uint32_t)DS_SYS(gettid);
	return my_tid;
}

bool ds_lock_enter(void)
{
	static const struct timespec patience = {.tv_nsec = 1000000};
	uint32_t me = ds_tid();

	for (unsigned tries = 0;; tries++) {
		uint32_t seen = 0;

		if (atomic_compare_exchange_strong_explicit(&owner, &seen, me, memory_order_acquire,
							    memory_order_relaxed))
			return true;
		if (seen == me) {
			ds_note_missed(DS_MISSED_REENTRY, 0);
			return false;
		}
		if (tries < 64)
			continue;
		atomic_fetch_add(&waiters, 1);
		DS_SYS(futex, &owner, FUTEX_WAIT_PRIVATE, seen, &patience);
		atomic_fetch_sub(&waiters, 1);
	}
}

/*
 * No exchange, which would cost as much as the rest: a processor may then look at `waiters` before
 * others see that the lock is free.  Who began to wait in that moment is not woken, and looks again
 * when its patience ends.
 */
void ds_lock_leave(void)
{
	atomic_store_explicit(&owner, 0, memory_order_release);
	if (atomic_load_explicit(&waiters, memory_order_relaxed))
		DS_SYS(futex, &owner, FUTEX_WAKE_PRIVATE, 1);
}

bool ds_lock_is_mine(void)
{
	return atomic_load_explicit(&owner, memory_order_relaxed) == ds_tid();
}

void ds_lock_after_fork(void)
{
	my_tid = 0;
	atomic_store(&waiters, 0);
	atomic_store(&owner, 0);
}
