/* SPDX-License-Identifier: MIT */
/* The file behind the trace, and the one descriptor that the library keeps among the program's. */
#ifndef DS_PRELOAD_TRACE_FILE_H
#define DS_PRELOAD_TRACE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/trace.h"

/* How the trace writer makes the file grow. */
extern const struct ds_trace_io ds_trace_file_io;

/* Make PID.trace, or PID-N.trace, in the run directory.  0 or -errno. */
int ds_trace_file_create(uint32_t pid);

/* In the child of a fork: the file is the parent's. */
void ds_trace_file_after_fork(void);

/* Its descriptor, which the program must not close; -1 without one. */
int ds_trace_file_fd(void);

/* Is this number the trace's, and not the program's since it closed ours behind our back? */
bool ds_trace_file_owns(int fd);

/*
 * The program wants our number for a file of its own: ours moves to another one.  When true, `fd` is
 * open still and nobody uses it: the program's dup2() replaces it, or ds_trace_file_drop() closes it.
 * False: no other number is free, or a thread did not let go of this one within a second.
 */
bool ds_trace_file_move(int fd);
void ds_trace_file_drop(int fd);

#endif
