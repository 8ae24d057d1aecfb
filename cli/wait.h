/* SPDX-License-Identifier: MIT */
/* Waiting for the traced program. */
#ifndef DS_CLI_WAIT_H
#define DS_CLI_WAIT_H

#include <signal.h>
#include <sys/types.h>

/* Hold back the signals that are passed on, from before the fork until ds_wait_program(). */
void ds_wait_block(sigset_t *ret_old);

/*
 * Wait for the end of the program, with the signal mask `mask` meanwhile; signals that a process
 * sends to dmasan are passed on, those of the terminal reach the program by themselves.  Its status
 * as a shell sees it (128+n after signal n, which is told to the user).
 */
int ds_wait_program(pid_t pid, const sigset_t *mask);

#endif
