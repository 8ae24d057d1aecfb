/* SPDX-License-Identifier: MIT */
/* Shared by the wrappers: errno, and the process that they run in. */
#ifndef DS_PRELOAD_HOOKS_H
#define DS_PRELOAD_HOOKS_H

#include <errno.h>
#include <stdbool.h>

#include "preload/real.h"

/* False in the child of a vfork, which shares our memory but not our descriptors. */
bool ds_own_process(void);

/* Is the library recording?  False under AT_SECURE, or when the run directory cannot be made. */
extern bool ds_active;

/* Mapping calls, also reached through syscall(2). */
void *ds_do_mmap(void *addr, size_t len, int prot, int flags, int fd, off64_t offset);
int ds_do_ioctl(int fd, unsigned long request, void *arg);

#endif
