/* SPDX-License-Identifier: MIT */
/* dmasan check: judge run directories that exist already. */
#include <stdio.h>
#include <stdlib.h>

#include "cli/judge.h"

static const char usage[] =
	"Usage: dmasan check [OPTIONS] DIR...\n"
	"\n"
	"Judges what was recorded in run directories and reports the findings on stdout.\n"
	"\n"
	"Options:\n" DS_JUDGE_HELP "  --help                 this text\n"
	"\n"
	"Exit status: the recorded program's own without findings, 66 with findings, 67 with\n"
	"--strict when something was missed, 2 for wrong usage, 70 when a run directory cannot be\n"
	"read or a report cannot be written.\n"
	"\n"
	"Examples:\n"
	"  dmasan check run1\n"
	"  dmasan check --strict --format json=findings.json run1\n";

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
	return ds_judge_fits(judge, (unsigned)(argc - optind));
}

static int check(const struct ds_judge *judge, char **dirs, struct ds_run **run)
{
	unsigned runs = 0;
	int failed = 0, status;

	for (; *dirs; dirs++) {
		if (ds_cli_open_run(*dirs, &run[runs]))
			failed = DS_EXIT_FAILURE; /* the others are still judged */
		else
			runs++;
	}
	if (runs && ds_judge_report(judge, run, runs, stdout))
		failed = DS_EXIT_FAILURE;
	status = ds_judge_status(judge, run, runs);
	while (runs)
		ds_run_close(run[--runs]);
	return failed ? failed : status;
}

int ds_cmd_check(int argc, char **argv)
{
	struct ds_judge judge = DS_JUDGE_DEFAULTS("check");
	struct ds_run **run;
	int r = parse(argc, argv, &judge);

	if (r)
		return r < 0 ? ds_cli_help(usage) : r;
	ds_cli_ignore_sigpipe(false);
	run = calloc((size_t)argc, sizeof(struct ds_run *));
	if (!run)
		return DS_EXIT_FAILURE;
	r = check(&judge, argv + optind, run);
	free(run);
	return r;
}
