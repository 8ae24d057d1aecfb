/* SPDX-License-Identifier: MIT */
/* What syscall(2) does with signal calls: same arguments and results as the system calls. */
#ifndef DS_PRELOAD_HOOKS_SIGRAW_H
#define DS_PRELOAD_HOOKS_SIGRAW_H

#include <stddef.h>

long ds_raw_sigaction(int sig, const void *act, void *old, size_t size);
long ds_raw_sigprocmask(int how, const void *set, void *old, size_t size);

#endif
