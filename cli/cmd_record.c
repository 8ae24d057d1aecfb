/* SPDX-License-Identifier: MIT */
/* dmasan record: record a program and keep the run directory; nothing is judged. */
#include <stdlib.h>

#include "cli/launch.h"

static const char usage[] =
	"Usage: dmasan record [OPTIONS] [--] PROGRAM [ARGUMENTS]\n"
	"\n"
	"Runs PROGRAM and keeps what was recorded in a run directory, for check, report and dump.\n"
	"\n"
	"Options:\n" DS_LAUNCH_HELP "  --help                 this text\n"
	"\n"
	"Exit status: the program's own (128+n after signal n), 2 for wrong usage, 70 when dmasan\n"
	"failed, 126 and 127 when PROGRAM cannot be run or found.\n"
	"\n"
	"Examples:\n"
	"  dmasan record -o run1 -- ./camera --frames 100\n"
	"  dmasan check run1 --fail-on warning\n";

static const char shorts[] = "+:ho:";
static const struct option longs[] = {
	DS_LAUNCH_LONGS,
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int parse(int argc, char **argv, struct ds_launch *launch)
{
	int c, r;

	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == 'h')
			return -1;
		if (c == '?' || c == ':')
			return ds_cli_bad_option("record", c, argv, shorts, longs);
		r = ds_launch_option(launch, c, optarg);
		if (r)
			return r;
	}
	launch->argv = argv + optind;
	return *launch->argv ? 0 : ds_cli_usage("record", "no PROGRAM given");
}

int ds_cmd_record(int argc, char **argv)
{
	struct ds_launch launch = {.command = "record"};
	char *dir;
	int status, r = parse(argc, argv, &launch);

	if (r)
		return r < 0 ? ds_cli_help(usage) : r;
	r = ds_launch_run(&launch, &dir, &status);
	if (r)
		return r;
	ds_launch_explain_unloaded(&launch, dir);
	ds_cli_note("recorded in %s", dir);
	free(dir);
	return status;
}
