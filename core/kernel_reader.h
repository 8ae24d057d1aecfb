/* SPDX-License-Identifier: MIT */
/*
 * Reads a recording of the kernel's side in the order in which things happened.
 *
 * bpftrace empties one buffer after the other, so lines of different CPUs come out of order, though
 * never further apart than those buffers are long: a heap of bounded size puts them right.
 */
#ifndef DS_CORE_KERNEL_READER_H
#define DS_CORE_KERNEL_READER_H

#include "core/kernel_line.h"

#define DS_KERNEL_LINES "kernel.lines"

struct ds_kernel_reader;

/* Open DIR/kernel.lines.  0, -ENOENT when the kernel's side is no part of this run, or -errno. */
int ds_kernel_open(const char *dir, struct ds_kernel_reader **ret);
void ds_kernel_close(struct ds_kernel_reader *r);

/* Every line as it stands there, from the first on: 1, or 0 at the end.  *at starts at 0 and moves. */
int ds_kernel_line_next(const struct ds_kernel_reader *r, size_t *at, struct ds_kernel_line *ret);

/*
 * Next event in order of time; only those whose bit is set in `wanted` (bit = enum ds_kernel_event).
 * 1 with the line and its place, or 0 at the end.
 */
int ds_kernel_next(struct ds_kernel_reader *r, uint64_t wanted, struct ds_kernel_line *ret,
		   size_t *ret_place);

/* Time of the event that ds_kernel_next() would return, UINT64_MAX at the end. */
uint64_t ds_kernel_peek(struct ds_kernel_reader *r, uint64_t wanted);

/* Back to the first event. */
void ds_kernel_rewind(struct ds_kernel_reader *r);

/* Events that came too late to be put in order, so far. */
uint64_t ds_kernel_late(const struct ds_kernel_reader *r);

/* Read the event at a place again. */
void ds_kernel_at(const struct ds_kernel_reader *r, size_t place, struct ds_kernel_line *ret);

/*
 * The frame after the line or frame at *place, innermost first, as text "function+offset"; *place
 * moves.  Length, or 0 when there is no more.
 */
size_t ds_kernel_frame(const struct ds_kernel_reader *r, size_t *place, const char **ret);

#endif
