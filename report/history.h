/* SPDX-License-Identifier: MIT */
/* What happened to a finding's buffer before the access: its latest hand-overs and brackets. */
#ifndef DS_REPORT_HISTORY_H
#define DS_REPORT_HISTORY_H

#include "core/run.h"

#define DS_HISTORY_STEPS 8

struct ds_history_step {
	struct ds_event ev;
	uint32_t slot;
	struct ds_site site;
};

/* The steps of one finding, oldest first. */
struct ds_history {
	struct ds_history_step step[DS_HISTORY_STEPS];
	unsigned steps;
};

/*
 * The histories of the first `n` findings of a list, by one pass over each trace, with symbols.
 * A new array of `n`, or NULL without memory.
 */
struct ds_history *ds_history_load(const struct ds_run *run, struct ds_finding *const *list,
				   unsigned n);

void ds_history_free(struct ds_history *h, unsigned n);

/* "VIDIOC_QBUF gives the buffer to /dev/video0, which writes it"; a new string or NULL. */
char *ds_history_sentence(const struct ds_run *run, uint32_t process,
			  const struct ds_history_step *step);

#endif
