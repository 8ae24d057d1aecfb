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
	j->options.fail_on = (enum ds_severity)s;
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
	case DS_OPT_WITH_SOURCE: j->options.with_source = true; return 0;
	case DS_OPT_SYSROOT: return ds_cli_sysroot(j->command, value);
	case DS_OPT_ERROR_EXITCODE:
		r = take_number(j, "error-exitcode", value, 255, &n);
		j->error_exitcode = (int)n;
		return r;
	case DS_OPT_MAX:
		r = take_number(j, "max", value, 1000000, &n);
		j->options.max = (unsigned)n;
		return r;
	default: return ds_gate_option(&j->gate, j->command, option, value);
	}
}

int ds_judge_load(struct ds_judge *j)
{
	return ds_gate_load(&j->gate);
}

/* Entries for a file on stdout leave no room for a report that nobody asked for. */
static FILE *text_place(const struct ds_judge *j, FILE *text_stream)
{
	return j->gate.generate && !j->outputs ? stderr : text_stream;
}

static int write_reports(const struct ds_judge *j, const struct ds_run *run, FILE *text_stream)
{
	const struct ds_output text = {.ops = ds_report_find("text")};
	const struct ds_output *list = j->outputs ? j->output : &text;
	bool shown = false;
	int status = 0;

	for (unsigned i = 0; i < (j->outputs ? j->outputs : 1); i++) {
		if (ds_output_write(&list[i], run, text_stream, &j->options))
			status = DS_EXIT_FAILURE;
		shown |=
			list[i].ops == text.ops && ds_output_is(&list[i], text_stream, text_stream);
	}
	if (!shown)
		ds_gate_note_unused(run);
	if (!shown)
		ds_report_verdict(stderr, run);
	return status;
}

int ds_judge_report(struct ds_judge *j, struct ds_run *run, FILE *text_stream)
{
	int status = ds_gate_apply(&j->gate, run);

	if (status)
		return status;
	status = write_reports(j, run, text_place(j, text_stream));
	return ds_gate_write(&j->gate, run) ? DS_EXIT_FAILURE : status;
}

static bool fails(const struct ds_judge *j, const struct ds_run *run)
{
	for (unsigned i = 0; i < run->findings; i++)
		if (run->finding[i]->severity >= j->options.fail_on)
			return true;
	return false;
}

/* The first of the programs' own statuses that is a failure. */
static int own_status(const struct ds_run *run)
{
	for (unsigned i = 0; i < ds_run_parts(run); i++)
		if (ds_run_part(run, i)->exit_status > 0)
			return ds_run_part(run, i)->exit_status;
	return 0;
}

int ds_judge_status(const struct ds_judge *j, const struct ds_run *run)
{
	if (fails(j, run))
		return j->error_exitcode;
	return j->strict && ds_report_tainted(run) ? DS_EXIT_TAINTED : own_status(run);
}

void ds_judge_finish(struct ds_judge *j)
{
	ds_gate_finish(&j->gate);
}
