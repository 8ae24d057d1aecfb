/* SPDX-License-Identifier: MIT */
/* From findings to an exit status: what a script is told. */
#include "cli/judge.h"

#include <string.h>

static int take_number(struct ds_judge *j, const char *name, const char *value, unsigned long max,
		       unsigned long *ret)
{
	if (ds_cli_number(value, 0, max, ret))
		return 0;
	return ds_cli_usage(j->command, "option '--%s': '%s' is no number from 0 to %lu", name,
			    value, max);
}

static int take_severity(struct ds_judge *j, const char *value)
{
	int s = ds_severity_parse(value);

	if (s < 0)
		return ds_cli_usage(
			j->command,
			"unknown severity '%s': the severities are error, warning, advice", value);
	j->fail_on = (enum ds_severity)s;
	return 0;
}

static int take_format(struct ds_judge *j, const char *value)
{
	if (j->outputs == DS_MAX_OUTPUTS)
		return ds_cli_usage(j->command, "more than %d formats", DS_MAX_OUTPUTS);
	return ds_output_parse(j->command, value, &j->output[j->outputs++]);
}

int ds_judge_option(struct ds_judge *j, int option, const char *value)
{
	unsigned long n = 0;
	int r;

	switch (option) {
	case DS_OPT_FORMAT: return take_format(j, value);
	case DS_OPT_FAIL_ON: return take_severity(j, value);
	case DS_OPT_STRICT: j->strict = true; return 0;
	case DS_OPT_ERROR_EXITCODE:
		r = take_number(j, "error-exitcode", value, 255, &n);
		j->error_exitcode = (int)n;
		return r;
	case DS_OPT_MAX:
		r = take_number(j, "max", value, 1000000, &n);
		j->max = (unsigned)n;
		return r;
	default: return -1;
	}
}

int ds_judge_fits(const struct ds_judge *j, unsigned runs)
{
	int r = 0;

	for (unsigned i = 0; i < j->outputs && !r; i++)
		r = ds_output_fits(j->command, &j->output[i], runs);
	return r;
}

int ds_judge_report(const struct ds_judge *j, struct ds_run *const *run, unsigned runs,
		    FILE *text_stream)
{
	const struct ds_output text = {.ops = ds_report_find("text")};
	const struct ds_output *list = j->outputs ? j->output : &text;
	bool shown = false;
	int status = 0;

	for (unsigned i = 0; i < (j->outputs ? j->outputs : 1); i++) {
		if (ds_output_write(&list[i], run, runs, text_stream, j->max))
			status = DS_EXIT_FAILURE;
		shown |=
			list[i].ops == text.ops && ds_output_is(&list[i], text_stream, text_stream);
	}
	for (unsigned i = 0; i < runs && !shown; i++)
		ds_report_verdict(stderr, run[i]);
	return status;
}

static bool fails(const struct ds_judge *j, const struct ds_run *run)
{
	for (unsigned i = 0; i < run->findings; i++)
		if (run->finding[i]->severity >= j->fail_on)
			return true;
	return false;
}

int ds_judge_status(const struct ds_judge *j, struct ds_run *const *run, unsigned runs)
{
	int own = 0;
	bool tainted = false;

	for (unsigned i = 0; i < runs; i++) {
		if (fails(j, run[i]))
			return j->error_exitcode;
		tainted |= ds_report_tainted(run[i]);
		if (!own && run[i]->exit_status > 0)
			own = run[i]->exit_status;
	}
	return j->strict && tainted ? DS_EXIT_TAINTED : own;
}
