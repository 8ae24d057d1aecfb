/* SPDX-License-Identifier: MIT */
/* dmasan check: judge run directories that exist already. */
#include <stdio.h>

#include "cli/judge.h"

static const char usage[] =
	"Usage: dmasan check [OPTIONS] DIR...\n"
	"\n"
	"Judges what was recorded in run directories and reports the findings on stdout. Several\n"
	"directories make one report: a finding that occurs in more than one stands there once.\n"
	"\n"
	"Options:\n" DS_JUDGE_HELP "  --help                 this text\n"
	"\n"
	"Exit status: the recorded program's own without findings, 66 with findings, 67 with\n"
	"--strict when something was missed, 2 for wrong usage or a malformed file, 70 when a run "
	"directory cannot be\n"
	"read or a report cannot be written.\n"
	"\n"
	"Examples:\n"
	"  dmasan check run1\n"
	"  dmasan check --strict --format json=findings.json run1\n"
	"  dmasan check --suppressions dmasan.supp --baseline dmasan.baseline farm/*/run\n";

static const char shorts[] = ":h";
static const struct option longs[] = {
	DS_JUDGE_LONGS,
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int parse(int argc, char **argv, struct ds_judge *judge)
{
	int c, r;

	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == 'h')
			return -1;
		if (c == '?' || c == ':')
			return ds_cli_bad_option("check", c, argv, shorts, longs);
		r = ds_judge_option(judge, c, optarg);
		if (r)
			return r;
	}
	if (!argv[optind])
		return ds_cli_usage("check", "no run directory given");
	return ds_judge_load(judge);
}

static int check(struct ds_judge *judge, char *const *dirs)
{
	int failed, status;
	struct ds_run *run = ds_cli_open_runs(dirs, &failed);

	if (!run)
		return failed;
	if (failed)
		judge->gate.write_baseline = NULL; /* it would forget what could not be read */
	if (ds_judge_report(judge, run, stdout))
		failed = DS_EXIT_FAILURE;
	status = ds_judge_status(judge, run);
	ds_run_close(run);
	return failed ? failed : status;
}

int ds_cmd_check(int argc, char **argv)
{
	struct ds_judge judge = DS_JUDGE_DEFAULTS("check");
	int r = parse(argc, argv, &judge);

	if (!r) {
		ds_cli_ignore_sigpipe(false);
		r = check(&judge, argv + optind);
	} else if (r < 0) {
		r = ds_cli_help(usage);
	}
	ds_judge_finish(&judge);
	return r;
}
