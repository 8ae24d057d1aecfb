/* SPDX-License-Identifier: MIT */
/* Programs that are about to be started: can they be observed? */
#ifndef DS_PRELOAD_PROGRAM_H
#define DS_PRELOAD_PROGRAM_H

#include <stdint.h>

/*
 * Record it as a blind spot when the program at `path` (relative to descriptor `dir`) will not load
 * the library, started with this environment.  Returns a token, 0 when nothing was recorded.  Safe
 * in a handler and in the child of a vfork: touches no memory but the library's own, never blocks
 * on anything but the disk that the program lies on, leaves no descriptor.
 */
uint32_t ds_program_check(int dir, const char *path, char *const *env);

/* The same for a name that is looked for in PATH. */
uint32_t ds_program_check_name(const char *name, char *const *env);

/* The program behind the token could not be started after all. */
void ds_program_failed(uint32_t token);

/* Record what the child of a vfork could not. */
void ds_program_settle(void);

#endif
