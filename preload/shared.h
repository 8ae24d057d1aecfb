/* SPDX-License-Identifier: MIT */
/*
 * What other processes of the run hold of the buffers of this one (core/shared.h).
 *
 * All functions: lock held, except where they say otherwise.
 */
#ifndef DS_PRELOAD_SHARED_H
#define DS_PRELOAD_SHARED_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

#include "core/shared.h"
#include "preload/state.h"

/* Map the run's table; without it processes are guarded apart.  No lock. */
void ds_shared_open(void);

/*
 * SIGBUS at an address of the table (the file was cut, its disk is gone): memory of this process alone
 * takes its place, and it says so.  False when the address is not the table's.  Safe in a handler.
 */
bool ds_shared_mend(uintptr_t addr);

/* The buffer can be reached under this inode. */
void ds_shared_join(struct ds_buf *b, uint64_t inode);

/* Tell the others what this process holds of the buffer now. */
void ds_shared_publish(struct ds_buf *b);

/* What the others hold of it. */
void ds_shared_elsewhere(const struct ds_buf *b, struct ds_elsewhere *ret);

/* Did others change what they hold since the guard was set?  Notes that it is set now. */
bool ds_shared_changed(struct ds_buf *b, uint64_t *ret_ns);

/* The process has closed and unmapped it. */
void ds_shared_leave(struct ds_buf *b);

/* The process ends: nothing of it counts any more. */
void ds_shared_end(void);

/* A forked child has no place in the table yet. */
void ds_shared_forget_place(void);

/* In the child of a fork: what it inherited is its parent's doing. */
void ds_shared_after_fork(void);

/* The trace of a forked child begins: introduce what its parent had introduced. */
void ds_shared_introduce(void);

/* Descriptors leave with a message: whoever gets a buffer that is mapped here may hand it over. */
void ds_shared_sending(const struct msghdr *msg, size_t n, bool many); /* takes the lock */

/* Watch for changes by others from now on, because of this buffer. */
void ds_shared_watch(const struct ds_buf *b);
void ds_shared_watch_after_fork(void);

/* This process's place in the table, NULL = none. */
struct ds_shared_proc *ds_shared_place(void);

#endif
