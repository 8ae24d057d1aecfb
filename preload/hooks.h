/* SPDX-License-Identifier: MIT */
/* Shared by the wrappers: errno, and the process that they run in. */
#ifndef DS_PRELOAD_HOOKS_H
#define DS_PRELOAD_HOOKS_H

#include <errno.h>
#include <stdbool.h>

#include "preload/real.h"

/*
 * False in a child that shares or copied our memory without pthread_atfork() knowing (vfork, clone,
 * _Fork): its calls are not this process's.  Until the program makes such a child, no system call.
 */
bool ds_own_process(void);

/* The program may now run in another process than the one that started here: ask from now on. */
extern _Atomic bool ds_pid_unsure;

/* Is the library recording?  False under AT_SECURE, or when the run directory cannot be made. */
extern bool ds_active;

/* This thread is in the next library's mmap, munmap or mremap. */
extern __thread unsigned ds_passing;

/* Mapping calls, also reached through syscall(2). */
void *ds_do_mmap(void *addr, size_t len, int prot, int flags, int fd, off64_t offset);
int ds_do_ioctl(int fd, unsigned long request, void *arg);

#endif
