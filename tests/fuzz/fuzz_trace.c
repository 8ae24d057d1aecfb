/* SPDX-License-Identifier: MIT */
/* A trace from a stranger: read, judged, and written as a report of each kind. */
#include <stdio.h>
#include <stdlib.h>

#include "core/run.h"
#include "core/timeline.h"
#include "fuzz.h"
#include "report/report.h"

static void write_reports(const struct ds_run *run, unsigned which)
{
	const struct ds_report_options opt = {.max = 20};
	unsigned n = 0;
	char *text;
	size_t size;
	FILE *out;

	while (ds_report_list()[n])
		n++;
	out = n ? open_memstream(&text, &size) : NULL;
	if (!out || !n)
		return;
	ds_report_list()[which % n]->write(out, run, &opt);
	ds_report_verdict(out, run);
	fclose(out);
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ds_run *run;

	if (ds_run_open(fuzz_directory("1.trace", data, size), &run))
		return 0;
	/* one format for each input: the last byte chooses, so that all get their turn */
	if (!ds_report_prepare(run, NULL))
		write_reports(run, size ? data[size - 1] : 0);
	ds_run_close(run);
	return 0;
}
