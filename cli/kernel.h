/* SPDX-License-Identifier: MIT */
/*
 * Records the kernel's side of a run: bpftrace with the probes that this kernel has.
 *
 * The recording is kernel.lines in the run directory (bpf/protocol.md), beside it kernel.bt, the
 * program that made it.  The traced program starts only after ds_kernel_start() returned.
 */
#ifndef DS_CLI_KERNEL_H
#define DS_CLI_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/kernel_reader.h"

#define DS_KERNEL_PROGRAM "kernel.bt"

/* how the two files begin; equally long */
#define DS_KERNEL_HEAD	       "# dmasan kernel lines"
#define DS_KERNEL_PROGRAM_HEAD "// dmasan kernel side"

struct ds_kernel;

/*
 * Start recording into the directory `dir` and wait until every probe is attached (some seconds).
 * 0 with *ret, or -errno with the reason in `why`, one line for the user:
 * -EACCES no root; -EPERM lockdown; -ENOENT no bpftrace, no probes; -EIO bpftrace failed; -EINTR a
 * signal for this process is pending; -ETIMEDOUT.
 * kernel.lines exists even then, with the reason in it: a report can say what was not observed.
 */
int ds_kernel_start(int dir, bool bulk, struct ds_kernel **ret, char *why, size_t size);

struct ds_kernel_end {
	bool complete;	 /* bpftrace ran to the end that ds_kernel_stop() asked for */
	uint64_t events; /* lines that say what happened */
	uint64_t lost;	 /* events that bpftrace had no room for */
};

/* Stop recording, wait for the last lines, free `k` (NULL is fine: nothing was recorded). */
void ds_kernel_stop(struct ds_kernel *k, struct ds_kernel_end *ret);

/*
 * For recording without a program: return after `seconds` (0 = no limit), at SIGINT or SIGTERM, or
 * when bpftrace has ended by itself.
 */
void ds_kernel_watch(struct ds_kernel *k, unsigned seconds);

#endif
