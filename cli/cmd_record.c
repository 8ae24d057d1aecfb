/* SPDX-License-Identifier: MIT */
/* dmasan record: record a program, or the kernel's side of everything; nothing is judged. */
#include <stdlib.h>

#include "cli/launch.h"
#include "cli/record_system.h"

static const char usage[] =
	"Usage: dmasan record [OPTIONS] [--] PROGRAM [ARGUMENTS]\n"
	"       dmasan record --system [--duration SECONDS] -o DIR\n"
	"\n"
	"Runs PROGRAM and keeps what was recorded in a run directory, for check, report and dump.\n"
	"With --system nothing is run or preloaded: the kernel's side of every DMA buffer of "
	"every\n"
	"process and driver is recorded until Ctrl-C, or for some seconds (needs root, bpftrace).\n"
	"\n"
	"Options:\n" DS_LAUNCH_HELP
	"  --system               record the kernel's side of the whole system, run nothing\n"
	"  --duration SECONDS     end by itself (with --system)\n"
	"  --help                 this text\n"
	"\n"
	"Exit status: the program's own (128+n after signal n), 0 with --system, 2 for wrong "
	"usage,\n"
	"70 when dmasan failed, 126 and 127 when PROGRAM cannot be run or found.\n"
	"\n"
	"Examples:\n"
	"  dmasan record -o run1 -- ./camera --frames 100\n"
	"  dmasan record --system --duration 10 -o sys1\n"
	"  dmasan check run1 --fail-on warning\n";

static const char shorts[] = "+:ho:";
static const struct option longs[] = {
	DS_LAUNCH_LONGS,
	{"system", no_argument, NULL, DS_OPT_SYSTEM},
	{"duration", required_argument, NULL, DS_OPT_DURATION},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct request {
	struct ds_launch launch;
	bool system, timed;
	unsigned long seconds;
};

static int take_own_option(struct request *q, int c, const char *value)
{
	if (c == DS_OPT_SYSTEM) {
		q->system = true;
		return 0;
	}
	q->timed = true;
	if (ds_cli_number(value, 1, 1000000, &q->seconds))
		return 0;
	return ds_cli_usage("record", "option '--duration': '%s' is no number from 1 to 1000000",
			    value);
}

static int check_request(const struct request *q)
{
	const struct ds_launch *l = &q->launch;

	if (q->timed && !q->system)
		return ds_cli_usage("record", "--duration belongs to --system");
	if (!q->system)
		return *l->argv ? 0 : ds_cli_usage("record", "no PROGRAM given");
	if (*l->argv)
		return ds_cli_usage("record", "--system runs no PROGRAM");
	if (l->kernel == DS_KERNEL_NEVER || l->guard || l->observe)
		return ds_cli_usage("record", "--system records the kernel's side, nothing else");
	return l->dir ? 0 : ds_cli_usage("record", "--system needs -o DIR");
}

static int parse(int argc, char **argv, struct request *q)
{
	int c, r;

	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == 'h')
			return -1;
		if (c == '?' || c == ':')
			return ds_cli_bad_option("record", c, argv, shorts, longs);
		if (c == DS_OPT_SYSTEM || c == DS_OPT_DURATION)
			r = take_own_option(q, c, optarg);
		else
			r = ds_launch_option(&q->launch, c, optarg);
		if (r)
			return r;
	}
	q->launch.argv = argv + optind;
	return check_request(q);
}

int ds_cmd_record(int argc, char **argv)
{
	struct request q = {.launch = {.command = "record", .kernel = DS_KERNEL_MAY}};
	char *dir;
	int status, r = parse(argc, argv, &q);

	if (r)
		return r < 0 ? ds_cli_help(usage) : r;
	if (q.system)
		return ds_record_system(q.launch.dir, (unsigned)q.seconds);
	r = ds_launch_run(&q.launch, &dir, &status);
	if (r)
		return r;
	ds_launch_explain_unloaded(&q.launch, dir);
	ds_cli_note("recorded in %s", dir);
	free(dir);
	return status;
}
