/* SPDX-License-Identifier: MIT */
/* dmasan report: write a report of run directories, whatever it says. */
#include <stdio.h>

#include "cli/cli.h"
#include "cli/output.h"

static const char usage_head[] =
	"Usage: dmasan report [OPTIONS] DIR...\n"
	"\n"
	"Writes a report of what was recorded, several run directories in one. Its exit status "
	"says\n"
	"nothing about the findings: that is what check is for.\n"
	"\n"
	"Options:\n"
	"  --format F             one of the formats below, default text\n"
	"  -o FILE                write to FILE instead of stdout (replaced in one step)\n"
	"  --max N                findings that a report for people shows, default all\n"
	"  --with-source          quote source lines in formats that can\n"
	"  --sysroot DIR          another machine's files, for symbols; may be repeated\n"
	"  --help                 this text\n"
	"\n"
	"Formats:\n";
static const char usage_tail[] =
	"\n"
	"Exit status: 0 when the report was written, 2 for wrong usage, 70 when a run directory\n"
	"cannot be read or the report cannot be written.\n"
	"\n"
	"Examples:\n"
	"  dmasan report run1\n"
	"  dmasan report --format json -o findings.json run1 run2\n";

static const char shorts[] = ":ho:";
static const struct option longs[] = {
	{"format", required_argument, NULL, DS_OPT_FORMAT},
	{"max", required_argument, NULL, DS_OPT_MAX},
	{"with-source", no_argument, NULL, DS_OPT_WITH_SOURCE},
	{"sysroot", required_argument, NULL, DS_OPT_SYSROOT},
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int help(void)
{
	ds_cli_help(usage_head);
	for (const struct ds_report_ops *const *f = ds_report_list(); *f; f++)
		printf("  %-12s %s\n", (*f)->name, (*f)->what);
	return ds_cli_help(usage_tail);
}

static int take_option(int c, const char *value, struct ds_output *output,
		       struct ds_report_options *options, const char **file)
{
	unsigned long n;

	switch (c) {
	case 'o': *file = value; return 0;
	case DS_OPT_WITH_SOURCE: options->with_source = true; return 0;
	case DS_OPT_SYSROOT: return ds_cli_sysroot("report", value);
	case DS_OPT_FORMAT: return ds_output_parse("report", value, output);
	default:
		if (!ds_cli_number(value, 0, 1000000, &n))
			return ds_cli_usage("report", "option '--max': '%s' is no number", value);
		options->max = (unsigned)n;
		return 0;
	}
}

static int parse(int argc, char **argv, struct ds_output *output, struct ds_report_options *options)
{
	const char *file = NULL;
	int c, r;

	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == 'h')
			return -1;
		if (c == '?' || c == ':')
			return ds_cli_bad_option("report", c, argv, shorts, longs);
		r = take_option(c, optarg, output, options, &file);
		if (r)
			return r;
	}
	if (file && !*file)
		return ds_cli_usage("report", "option '-o': no file name");
	if (file)
		output->file = file;
	if (!argv[optind])
		return ds_cli_usage("report", "no run directory given");
	return 0;
}

int ds_cmd_report(int argc, char **argv)
{
	struct ds_output output = {.ops = ds_report_find("text")};
	struct ds_run *run;
	struct ds_report_options options = {.fail_on = DS_ERROR};
	int r = parse(argc, argv, &output, &options);

	if (r)
		return r < 0 ? help() : r;
	ds_cli_ignore_sigpipe(false);
	run = ds_cli_open_runs(argv + optind, &r);
	if (run && !r) /* half of what was asked for would look like all of it */
		r = ds_output_write(&output, run, stdout, &options);
	ds_run_close(run);
	return r;
}
