/* SPDX-License-Identifier: MIT */
/* dmasan dump: every event of every trace, merged by time. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "cli/dump.h"

static const char usage[] =
	"Usage: dmasan dump [OPTIONS] DIR\n"
	"\n"
	"Prints every recorded event on a line of its own, in the order of time: seconds since "
	"the\n"
	"first event, process/thread, event, buffer, fields. Reads whatever is there, also after "
	"a\n"
	"program that was killed.\n"
	"\n"
	"Options:\n"
	"  --buffer N             only events of buffer N (the number that reports give it)\n"
	"  --json                 one JSON object per line\n"
	"  --help                 this text\n"
	"\n"
	"Exit status: 0, 2 for wrong usage, 70 when the run directory cannot be read.\n"
	"\n"
	"Examples:\n"
	"  dmasan dump run1 | less\n"
	"  dmasan dump --buffer 2 run1\n"
	"  dmasan dump --json run1 | jq 'select(.event == \"claim\")'\n";

static const char shorts[] = ":h";
static const struct option longs[] = {
	{"buffer", required_argument, NULL, DS_OPT_BUFFER},
	{"json", no_argument, NULL, DS_OPT_JSON},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct request {
	unsigned long buffer; /* 0 = all */
	bool json;
	const char *dir;
};

static int parse(int argc, char **argv, struct request *ret)
{
	int c;

	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == 'h')
			return -1;
		if (c == '?' || c == ':')
			return ds_cli_bad_option("dump", c, argv, shorts, longs);
		ret->json |= c == DS_OPT_JSON;
		if (c == DS_OPT_BUFFER && !ds_cli_number(optarg, 1, UINT32_MAX, &ret->buffer))
			return ds_cli_usage("dump", "option '--buffer': '%s' is no number", optarg);
	}
	ret->dir = argv[optind];
	if (!ret->dir)
		return ds_cli_usage("dump", "no run directory given");
	if (argv[optind + 1])
		return ds_cli_usage("dump", "one run directory at a time, not '%s'",
				    argv[optind + 1]);
	return 0;
}

/* The next event of one trace that is shown; payload slots are shown where they are referred to. */
static void advance(struct ds_dump_item *item)
{
	int r;

	do {
		r = ds_trace_next(item->process->trace, &item->ev, &item->slot);
	} while (r > 0 && (item->ev.type == DS_EV_STRING || item->ev.type == DS_EV_STACK));
	item->more = r > 0;
	if (r < 0)
		ds_cli_error(NULL, "cannot read '%s' any further: %s", item->process->path,
			     strerror(-r));
}

static struct ds_dump_item *earliest(struct ds_dump_item *item, unsigned n)
{
	struct ds_dump_item *best = NULL;

	for (unsigned i = 0; i < n; i++)
		if (item[i].more && (!best || item[i].ev.time_ns < best->ev.time_ns))
			best = &item[i];
	return best;
}

static void dump(const struct ds_run *run, struct ds_dump_item *item, const struct request *what)
{
	struct ds_dump_item *next;
	uint64_t start = 0;

	for (unsigned i = 0; i < run->processes; i++) {
		item[i].process = &run->process[i];
		ds_trace_rewind(item[i].process->trace);
		advance(&item[i]);
	}
	next = earliest(item, run->processes);
	if (next)
		start = next->ev.time_ns;
	for (; next && !ferror(stdout); next = earliest(item, run->processes)) {
		next->buffer = ds_dump_buffer(run, next);
		if (!what->buffer || what->buffer == next->buffer) {
			if (what->json)
				ds_dump_json(stdout, run, next);
			else
				ds_dump_text(stdout, run, next, start);
		}
		advance(next);
	}
}

int ds_cmd_dump(int argc, char **argv)
{
	struct request what = {0};
	struct ds_dump_item *item;
	struct ds_run *run;
	int r = parse(argc, argv, &what);

	if (r)
		return r < 0 ? ds_cli_help(usage) : r;
	ds_cli_ignore_sigpipe(true);
	r = ds_cli_open_events(what.dir, &run);
	if (r)
		return r;
	item = calloc(run->processes + 1u, sizeof(*item));
	if (what.buffer > run->buffers)
		r = ds_cli_usage("dump", "no buffer %lu: the run has %u", what.buffer,
				 run->buffers);
	else if (item)
		dump(run, item, &what);
	free(item);
	ds_run_close(run);
	return r;
}
