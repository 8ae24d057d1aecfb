/* SPDX-License-Identifier: MIT */
/* The SIGSEGV that a forbidden access raises, and the program's own handlers behind it. */
#ifndef DS_PRELOAD_TRAP_H
#define DS_PRELOAD_TRAP_H

#include <signal.h>
#include <stdbool.h>

/* Take SIGSEGV (and SIGTRAP in guard=every). */
void ds_trap_init(void);

/* Is this a signal that we keep for ourselves? */
bool ds_trap_owns(int sig);

/* What the program thinks is installed; `act` may be NULL.  0 or -1 with errno. */
int ds_trap_action(int sig, const struct sigaction *act, struct sigaction *old);

/* The program blocks or unblocks our signal: remembered, not done.  `was`: what it had been. */
bool ds_trap_block(bool block);
bool ds_trap_blocked(void);

#endif
