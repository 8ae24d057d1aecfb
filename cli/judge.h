/* SPDX-License-Identifier: MIT */
/* What `run` and `check` share: the options that decide a verdict, reports, exit status. */
#ifndef DS_CLI_JUDGE_H
#define DS_CLI_JUDGE_H

#include "cli/cli.h"
#include "cli/gate.h"
#include "cli/output.h"

#define DS_MAX_OUTPUTS 16

struct ds_judge {
	const char *command;
	int error_exitcode;
	bool strict;
	struct ds_report_options options;
	struct ds_output output[DS_MAX_OUTPUTS];
	unsigned outputs;
	struct ds_gate gate;
};

/* clang-format off */
#define DS_JUDGE_DEFAULTS(name)                                                                    \
	{.command = (name),                                                                        \
	 .error_exitcode = DS_EXIT_FINDINGS,                                                       \
	 .options = {.fail_on = DS_ERROR, .max = 50}}

/* rows for a table of long options */
#define DS_JUDGE_LONGS                                                                             \
	{"format", required_argument, NULL, DS_OPT_FORMAT},                                        \
	{"strict", no_argument, NULL, DS_OPT_STRICT},                                              \
	{"fail-on", required_argument, NULL, DS_OPT_FAIL_ON},                                      \
	{"error-exitcode", required_argument, NULL, DS_OPT_ERROR_EXITCODE},                        \
	{"with-source", no_argument, NULL, DS_OPT_WITH_SOURCE},                                    \
	{"sysroot", required_argument, NULL, DS_OPT_SYSROOT},                                      \
	{"max", required_argument, NULL, DS_OPT_MAX},                                              \
	DS_GATE_LONGS

/* lines for a help text */
#define DS_JUDGE_HELP                                                                              \
	"  --format F[=FILE]      text (default) or what report --help lists; may be repeated\n"    \
	"  --fail-on SEVERITY     least severity that fails: error (default), warning, advice\n"   \
	"  --error-exitcode N     exit status with findings, default 66\n"                         \
	"  --strict               exit 67 when something was missed\n"                             \
	"  --max N                findings that a report for people shows, default 50, 0 = all\n"  \
	"  --with-source          quote source lines in formats that can\n"                         \
	"  --sysroot DIR          another machine's files, for symbols; may be repeated\n"          \
	DS_GATE_HELP
/* clang-format on */

/* Take one of the options above.  0, DS_EXIT_USAGE after a message, or -1 when it is not one. */
int ds_judge_option(struct ds_judge *j, int option, const char *value);

/* Read the files that the options named.  0, or DS_EXIT_USAGE after a message. */
int ds_judge_load(struct ds_judge *j);

/*
 * Take out the findings that are suppressed or known, write the reports and what else the options
 * asked for, and the verdict line on stderr unless a text report has just shown it to the user.
 * 0 or DS_EXIT_FAILURE.
 */
int ds_judge_report(struct ds_judge *j, struct ds_run *run, FILE *text_stream);

/* The exit status that the run deserves, after ds_judge_report(). */
int ds_judge_status(const struct ds_judge *j, const struct ds_run *run);

/* After the last use of the run: it refers to what the options named. */
void ds_judge_finish(struct ds_judge *j);

#endif
