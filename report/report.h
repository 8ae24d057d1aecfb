/* SPDX-License-Identifier: MIT */
/*
 * Reports: one format is one file, report/fmt_<name>.c, that ends with its struct ds_report_ops.
 *
 * A format reads a prepared run and writes it; it decides nothing.  Every string that comes from
 * the trace passes report/text.h (terminals and logs) or an escape that the format's library does.
 */
#ifndef DS_REPORT_REPORT_H
#define DS_REPORT_REPORT_H

#include <stdbool.h>
#include <stdio.h>

#include "core/run.h"

struct ds_report_options {
	bool color;	  /* escape sequences for a terminal are wanted */
	bool with_source; /* source lines may be quoted, for formats that can */
	unsigned max;	  /* findings to show, 0 = all; a format says how many it left out */
	enum ds_severity fail_on; /* the least severity that fails, for formats of tests */
	const char
		*root; /* absolute: source paths below it are given relative to it; NULL = none */
};

struct ds_report_ops {
	const char *name;
	const char *what;      /* one line for --help */
	const char *extension; /* of a file that holds it */
	bool to_file;	       /* goes to report.<extension> in the run directory unless told */

	/* Write one run, or several that were merged.  0 or -errno; errors of `out` itself are left to the caller (ferror). */
	int (*write)(FILE *out, const struct ds_run *run, const struct ds_report_options *opt);
};

/* The format of this name, or NULL. */
const struct ds_report_ops *ds_report_find(const char *name);

/* All formats, sorted by name, ended by NULL. */
const struct ds_report_ops *const *ds_report_list(void);

/*
 * Make a run ready for reports: resolve the symbols of its stacks, then give each finding its
 * token.  What could not be resolved and why goes to `notes`, one line each (NULL = nobody wants to
 * know).  0 or -ENOMEM.
 */
int ds_report_prepare(struct ds_run *run, FILE *notes);

/* How much a run holds: what the verdict line and the formats' heads count. */
struct ds_report_totals {
	unsigned findings[DS_ERROR + 1]; /* by severity */
	unsigned bad_buffers;		 /* with a finding */
	unsigned processes;		 /* that the library saw; without the launcher */
	uint64_t hand_overs;		 /* to or from a device */
	uint64_t events, lost, unguarded, efaults;
};
struct ds_report_totals ds_report_count(const struct ds_run *run);

/* All blind spots of a run (see ds_run_blind_spots()), for the caller to free; NULL: no memory. */
struct ds_blind *ds_report_blind_spots(const struct ds_run *run, unsigned *ret_n);

/* The same for people: what several processes of one run have in common is one spot. */
struct ds_blind *ds_report_blind_groups(const struct ds_run *run, unsigned *ret_n);

/* Was something missed, so that nobody can say what it hid?  (See ds_run_blind_spots().) */
bool ds_report_tainted(const struct ds_run *run);

/* Write the verdict in one line, "dmasan: ...\n", which names the run directories. */
void ds_report_verdict(FILE *out, const struct ds_run *run);

/* Text of a rule's example, what is wrong and what is right, for those that have one, or NULL. */
struct ds_report_example {
	const char *id;
	const char *program; /* of the test suite; its correct twin is the same file */
	const char *wrong, *right;
};
const struct ds_report_example *ds_report_example(const char *rule);

#endif
