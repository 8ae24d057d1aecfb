/* SPDX-License-Identifier: MIT */
/* A trace from a stranger: read, judged, and written as a report of each kind. */
#include "core/run.h"
#include "fuzz.h"
#include "report/report.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ds_run *run;

	if (ds_run_open(fuzz_directory("1.trace", data, size), &run))
		return 0;
	/* one format for each input: the last byte chooses, so that all get their turn */
	if (!ds_report_prepare(run, NULL))
		fuzz_reports(run, size ? data[size - 1] : 0);
	ds_run_close(run);
	return 0;
}
