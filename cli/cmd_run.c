/* SPDX-License-Identifier: MIT */
/* dmasan run: record a program, judge what it did, report, and answer with an exit status. */
#include <stdlib.h>
#include <string.h>

#include "cli/judge.h"
#include "cli/launch.h"

static const char usage[] =
	"Usage: dmasan run [OPTIONS] [--] PROGRAM [ARGUMENTS]\n"
	"\n"
	"Runs PROGRAM, watches its DMA buffers, and reports every forbidden access at the end.\n"
	"PROGRAM needs no rebuild and no special rights.\n"
	"\n"
	"Options:\n" DS_LAUNCH_HELP DS_JUDGE_HELP
	"  --coherency POLICY     show what another machine would do: real (default), stale,\n"
	"                         stale7, random, bounce; see docs/coherency.md\n"
	"  --seed N               which lines --coherency random damages, default 1\n"
	"  --help                 this text\n"
	"\n"
	"Text goes to stderr, other formats to stdout after the program has ended, or to FILE.\n"
	"\n"
	"Exit status: the program's own (128+n after signal n) without findings, 66 with "
	"findings,\n"
	"67 with --strict when something was missed, 2 for wrong usage or a malformed file, 70 "
	"when\n"
	"dmasan failed, 126 and 127 when PROGRAM cannot be run or found.\n"
	"\n"
	"Examples:\n"
	"  dmasan run -- v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=30\n"
	"  dmasan run -o run1 --format text --format json=findings.json -- ./camera --frames 100\n"
	"  dmasan run --fail-on warning --error-exitcode 1 -- gst-launch-1.0 v4l2src ! fakesink\n";

static const char shorts[] = "+:ho:";
static const struct option longs[] = {
	DS_JUDGE_LONGS,
	DS_LAUNCH_LONGS,
	{"coherency", required_argument, NULL, DS_OPT_COHERENCY},
	{"seed", required_argument, NULL, DS_OPT_SEED},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int take_policy(struct ds_launch *launch, const char *value)
{
	for (int p = 0; p < DS_POLICIES; p++) {
		if (strcmp(value, ds_policy_name((enum ds_policy)p)) != 0)
			continue;
		launch->coherency = (enum ds_policy)p;
		return 0;
	}
	return ds_cli_usage("run",
			    "unknown coherency policy '%s': the policies are real, stale, stale7, "
			    "random, bounce",
			    value);
}

static int take_own_option(struct ds_launch *launch, int c, const char *value)
{
	unsigned long n;

	if (c == DS_OPT_COHERENCY)
		return take_policy(launch, value);
	if (c == DS_OPT_SEED && !ds_cli_number(value, 0, 99999999, &n))
		return ds_cli_usage("run", "bad seed '%s': a number from 0 to 99999999", value);
	if (c == DS_OPT_SEED)
		launch->seed = value;
	return 0;
}

static int parse(int argc, char **argv, struct ds_judge *judge, struct ds_launch *launch)
{
	int c;

	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		int r = ds_judge_option(judge, c, optarg);

		if (c == 'h')
			return -1;
		if (c == '?' || c == ':')
			return ds_cli_bad_option("run", c, argv, shorts, longs);
		if (r < 0)
			r = ds_launch_option(launch, c, optarg);
		if (r < 0)
			r = take_own_option(launch, c, optarg);
		if (r)
			return r;
	}
	launch->argv = argv + optind;
	return *launch->argv ? ds_judge_load(judge) : ds_cli_usage("run", "no PROGRAM given");
}

static int judge_run(struct ds_judge *judge, const char *dir, int status)
{
	struct ds_run *run;
	int r = ds_cli_open_run(dir, &run);

	if (r)
		return r;
	run->exit_status = status;
	r = ds_judge_report(judge, run, stderr);
	if (!r)
		r = ds_judge_status(judge, run);
	ds_run_close(run);
	return r;
}

static int run_program(struct ds_judge *judge, struct ds_launch *launch)
{
	char *dir;
	int status, r = ds_launch_run(launch, &dir, &status);

	if (r)
		return r;
	ds_cli_ignore_sigpipe(false);
	ds_launch_explain_unloaded(launch, dir);
	r = judge_run(judge, dir, status);
	free(dir);
	return r;
}

int ds_cmd_run(int argc, char **argv)
{
	struct ds_judge judge = DS_JUDGE_DEFAULTS("run");
	struct ds_launch launch = {.command = "run", .kernel = DS_KERNEL_MAY};
	int r = parse(argc, argv, &judge, &launch);

	if (!r)
		r = run_program(&judge, &launch);
	else if (r < 0)
		r = ds_cli_help(usage);
	ds_judge_finish(&judge);
	return r;
}
