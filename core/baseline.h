/* SPDX-License-Identifier: MIT */
/* Baseline files: the findings that were there already, so that only new ones fail. */
#ifndef DS_CORE_BASELINE_H
#define DS_CORE_BASELINE_H

#include <stdio.h>

#include "core/run.h"
#include "core/textfile.h"

struct ds_baseline_entry {
	char *token;
	enum ds_severity severity;
	unsigned line;
	unsigned hits;
	struct ds_excuse excuse;
};

struct ds_baseline {
	struct ds_baseline_entry *entry;
	unsigned entries;
	char *path;
};

/* Read a file that ds_baseline_write() made.  0, or -errno with *err. */
int ds_baseline_read(struct ds_baseline *b, const char *path, struct ds_file_error *err);
void ds_baseline_finish(struct ds_baseline *b);

/*
 * Take the findings that the baseline knows out of the run.  A finding that has become more severe
 * is a new one.  The run refers to `b` from then on.  0 or -ENOMEM.
 */
int ds_baseline_apply(struct ds_baseline *b, struct ds_run *run);

/*
 * Write all findings of a run that no suppression covers: those that count, and those known.
 * 0 or -ENOMEM; errors of `out` itself are left to the caller.
 */
int ds_baseline_write(FILE *out, const struct ds_run *run);

#endif
