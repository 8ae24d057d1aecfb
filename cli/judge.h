/* SPDX-License-Identifier: MIT */
/* What `run` and `check` share: the options that decide a verdict, reports, exit status. */
#ifndef DS_CLI_JUDGE_H
#define DS_CLI_JUDGE_H

#include "cli/cli.h"
#include "cli/output.h"

#define DS_MAX_OUTPUTS 16

struct ds_judge {
	const char *command;
	enum ds_severity fail_on;
	int error_exitcode;
	bool strict;
	unsigned max;
	struct ds_output output[DS_MAX_OUTPUTS];
	unsigned outputs;
};

/* clang-format off */
#define DS_JUDGE_DEFAULTS(name)                                                                    \
	{.command = (name), .fail_on = DS_ERROR, .error_exitcode = DS_EXIT_FINDINGS, .max = 50}

/* rows for a table of long options */
#define DS_JUDGE_LONGS                                                                             \
	{"format", required_argument, NULL, DS_OPT_FORMAT},                                        \
	{"strict", no_argument, NULL, DS_OPT_STRICT},                                              \
	{"fail-on", required_argument, NULL, DS_OPT_FAIL_ON},                                      \
	{"error-exitcode", required_argument, NULL, DS_OPT_ERROR_EXITCODE},                        \
	{"max", required_argument, NULL, DS_OPT_MAX}

/* lines for a help text */
#define DS_JUDGE_HELP                                                                              \
	"  --format F[=FILE]      text (default) or what report --help lists; may be repeated\n"    \
	"  --fail-on SEVERITY     least severity that fails: error (default), warning, advice\n"   \
	"  --error-exitcode N     exit status with findings, default 66\n"                         \
	"  --strict               exit 67 when something was missed\n"                             \
	"  --max N                findings that a text report shows, default 50, 0 = all\n"
/* clang-format on */

/* Take one of the options above.  0, DS_EXIT_USAGE after a message, or -1 when it is not one. */
int ds_judge_option(struct ds_judge *j, int option, const char *value);

/* Can the chosen formats hold that many runs?  0, or DS_EXIT_USAGE after a message. */
int ds_judge_fits(const struct ds_judge *j, unsigned runs);

/*
 * Write the reports, and the verdict line of each run on stderr unless a text report has just shown
 * it to the user.  0 or DS_EXIT_FAILURE.
 */
int ds_judge_report(const struct ds_judge *j, struct ds_run *const *run, unsigned runs,
		    FILE *text_stream);

/* The exit status that the runs deserve. */
int ds_judge_status(const struct ds_judge *j, struct ds_run *const *run, unsigned runs);

#endif
