/* SPDX-License-Identifier: MIT */
/*
 * The watcher: a thread that sets the guard anew when another process has handed a buffer over.
 *
 * Only a process that maps a buffer which another process of the run knows has one, from the moment
 * when that is seen.  The program cannot do it itself: between the other's hand-over and its own
 * next access it may make no call at all.  A signal would interrupt the program's system calls.
 *
 * The thread is made by clone(2) alone, so that the C library neither counts nor signals it, and it
 * has no signal, no descriptor and no path of its own to change; it sleeps on a futex in the table.
 * Its thread-local storage is zeroed memory of its own: enough for what the library uses.
 */
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>

#include "preload/lock.h"
#include "preload/options.h"
#include "preload/real.h"
#include "preload/recorder.h"
#include "preload/shared.h"
#include "preload/sys.h"

#define STACK_BYTES (128ul << 10)
#define TLS_SPARE   (64ul << 10)

static bool watching; /* or could not be started: not tried again */

/* The guard of one buffer, and how long after the other's hand-over. */
static void follow(struct ds_buf *b)
{
	uint64_t since = 0;
	unsigned maps = 0, rights = DS_RW;

	if (!ds_shared_changed(b, &since))
		return;
	for (uint32_t i = b->first_map; i; i = ds_map_at(i)->next) {
		struct ds_map *m = ds_map_at(i);
		int was = atomic_load(&m->want);

		ds_guard_map(m);
		if (atomic_load(&m->want) == was)
			continue;
		maps++;
		rights &= atomic_load(&m->rights);
	}
	if (maps)
		ds_emit((struct ds_event){.type = DS_EV_REGUARD,
					  .buffer = b->number,
					  .a = since,
					  .b = rights,
					  .c = maps});
}

static void follow_all(void)
{
	if (!ds_lock_enter())
		return;
	for (uint32_t i = 1; ds_buf_at(i); i++)
		if (ds_buf_at(i)->shares && ds_buf_at(i)->first_map)
			follow(ds_buf_at(i));
	ds_lock_leave();
}

static int watch(void *arg)
{
	(void)arg;
	for (;;) {
		struct ds_shared_proc *p = ds_shared_place();
		uint32_t seen;

		if (!p) /* the process ends */
			return 0;
		seen = atomic_load(&p->wake);
		follow_all();
		atomic_store(&p->asleep, 1);
		if (atomic_load(&p->wake) == seen && ds_shared_place() == p)
			DS_SYS(futex, &p->wake, FUTEX_WAIT, seen, 0);
		atomic_store(&p->asleep, 0);
	}
}

static void start(void)
{
	const int flags = CLONE_VM | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM |
			  CLONE_SETTLS;
	uint64_t all = ~(uint64_t)0, mask;
	size_t tls = ds_arch_tls_bytes() + TLS_SPARE;
	char *memory = ds_sys_pages(STACK_BYTES + tls);

	if (!memory)
		return;
	DS_SYS(rt_sigprocmask, SIG_SETMASK, &all, &mask, sizeof(mask));
	ds_real.clone(watch, memory + STACK_BYTES, flags, NULL, NULL,
		      ds_arch_tls_make(memory + STACK_BYTES, tls), NULL);
	DS_SYS(rt_sigprocmask, SIG_SETMASK, &mask, 0, sizeof(mask));
}

void ds_shared_watch(const struct ds_buf *b)
{
	if (watching || !ds_options.watch || ds_options.guard == DS_GUARD_OFF || !b->first_map)
		return;
	watching = true;
	start();
}

void ds_shared_watch_after_fork(void)
{
	watching = false;
}
