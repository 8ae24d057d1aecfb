/* SPDX-License-Identifier: MIT */
/* Suppression files and baselines: what `run` and `check` take out before they judge. */
#ifndef DS_CLI_GATE_H
#define DS_CLI_GATE_H

#include "cli/cli.h"
#include "core/baseline.h"
#include "core/suppress.h"

#define DS_MAX_SUPPRESSION_FILES 64

struct ds_gate {
	const char *suppressions[DS_MAX_SUPPRESSION_FILES];
	unsigned files;
	bool require_reasons, generate;
	const char *baseline, *write_baseline; /* NULL = not given */
	struct ds_suppressions list;
	struct ds_baseline known;
};

/* clang-format off */
#define DS_GATE_LONGS                                                                              \
	{"suppressions", required_argument, NULL, DS_OPT_SUPPRESSIONS},                            \
	{"require-reasons", no_argument, NULL, DS_OPT_REQUIRE_REASONS},                            \
	{"gen-suppressions", no_argument, NULL, DS_OPT_GEN_SUPPRESSIONS},                          \
	{"baseline", required_argument, NULL, DS_OPT_BASELINE},                                    \
	{"write-baseline", required_argument, NULL, DS_OPT_WRITE_BASELINE}
#define DS_GATE_HELP                                                                               \
	"  --suppressions FILE    findings that are accepted; may be repeated\n"                    \
	"  --require-reasons      an entry of such a file without a reason is an error\n"           \
	"  --gen-suppressions     print entries for all findings on stdout\n"                       \
	"  --baseline FILE        findings that are known: only new ones count\n"                   \
	"  --write-baseline FILE  write the findings of this run as a baseline\n"
/* clang-format on */

/* Take one of the options above.  0, DS_EXIT_USAGE after a message, or -1 when it is not one. */
int ds_gate_option(struct ds_gate *g, const char *command, int option, const char *value);

/* Read all files.  0, or DS_EXIT_USAGE after a message "FILE:LINE: reason". */
int ds_gate_load(struct ds_gate *g);

/* Take suppressed and known findings out of the run.  0, or DS_EXIT_FAILURE after a message. */
int ds_gate_apply(struct ds_gate *g, struct ds_run *run);

/* Write the entries and the baseline that were asked for.  0 or DS_EXIT_FAILURE. */
int ds_gate_write(const struct ds_gate *g, const struct ds_run *run);

/* Tell on stderr which entries matched nothing. */
void ds_gate_note_unused(const struct ds_run *run);

void ds_gate_finish(struct ds_gate *g);

#endif
