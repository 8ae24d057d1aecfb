/* SPDX-License-Identifier: MIT */
/*
 * What the recording of the kernel's side says about the buffers of a run, one step after the other
 * in order of time.
 *
 * A line belongs to a buffer by its inode.  A V4L2 buffer that never became a dma-buf has none: its
 * lines are joined by process, queue type and index, where only one device comes into question.
 */
#ifndef DS_CORE_KERNEL_REPLAY_H
#define DS_CORE_KERNEL_REPLAY_H

#include "core/kernel_line.h"
#include "core/run.h"

enum ds_kernel_track {
	DS_KTRACK_QUEUE,  /* the driver has the buffer: vb2 gave it, and it is not done */
	DS_KTRACK_MAPPED, /* mapped for a device */
	DS_KTRACK_FENCE,  /* a fence of it has not signalled */
	DS_KTRACK_CALLS,  /* moments */
	DS_KTRACK_MAX
};

enum ds_kernel_step_kind { DS_KSTEP_BEGIN, DS_KSTEP_END, DS_KSTEP_POINT };

struct ds_kernel_step {
	const struct ds_kernel_line *line;
	enum ds_kernel_track track;
	enum ds_kernel_step_kind kind;
	uint64_t object;    /* BEGIN, END: what begins and ends, never 0 */
	unsigned use;	    /* BEGIN: DS_DEVICE_* */
	const char *device; /* MAPPED: its name, else "" */
	uint32_t buffer;    /* index of ds_run.buffer */
	int64_t process;    /* index of ds_run.process, -1 = none of the run */
};

/* What takes the steps.  0, or -errno to end the replay. */
typedef int ds_kernel_step_fn(void *ctx, const struct ds_kernel_step *step);

/*
 * Replay the recording of one part of a run; a buffer that several processes know is told of once
 * for each.  0, also when that part has no recording; -ENOMEM, or what `fn` answered.
 */
int ds_kernel_replay(const struct ds_run *run, unsigned part, ds_kernel_step_fn *fn, void *ctx);

/* A word for a track: "queue", "mapped", "fence", "calls". */
const char *ds_kernel_track_name(enum ds_kernel_track track);

#endif
