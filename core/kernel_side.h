/* SPDX-License-Identifier: MIT */
/* What the recording of the kernel's side says as a whole; part of a run's result. */
#ifndef DS_CORE_KERNEL_SIDE_H
#define DS_CORE_KERNEL_SIDE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/kernel_line.h"

/* A process that the kernel saw at a buffer. */
struct ds_kernel_user {
	int pid;
	char comm[16];
	bool loaded; /* libdmasan.so was in it */
	uint64_t events;
};

struct ds_kernel_side {
	bool present;	    /* there is a recording, or the reason why there is none */
	bool recorded;	    /* the probes were attached */
	bool complete;	    /* to the end of the run */
	bool asked;	    /* the user insisted on it */
	bool system;	    /* recorded without a program */
	const char *failed; /* why not, "" = it was */
	const char **attached, **missing; /* names of blocks; "block: reason" */
	unsigned attacheds, missings;
	uint64_t first_ns, last_ns;
	uint64_t events, lost, bad, late;
	uint64_t unseen;		     /* SYNC calls that libdmasan.so did not see */
	uint64_t effect[DS_EFFECT_NONE + 1]; /* SYNC calls by what came of them */
	uint64_t bounced;		     /* bytes */
	uint64_t attach_ns, record_ns;	     /* CPU time of bpftrace, 0 = not known */
	struct ds_kernel_user *user;	     /* in order of appearance */
	unsigned users;
};

#endif
