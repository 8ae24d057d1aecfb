/* SPDX-License-Identifier: MIT */
/* Where reports go: standard streams or files, whole or not at all. */
#ifndef DS_CLI_OUTPUT_H
#define DS_CLI_OUTPUT_H

#include "report/report.h"

struct ds_output {
	const struct ds_report_ops *ops;
	const char *file; /* NULL = where the format goes by itself, "-" = stdout */
};

/*
 * Read F[=FILE] of an option.  0, or DS_EXIT_USAGE after a message that names the formats.
 */
int ds_output_parse(const char *command, const char *text, struct ds_output *ret);

/* Does this output go to that stream (by itself or because it was told to)? */
bool ds_output_is(const struct ds_output *o, const FILE *stream, const FILE *text_stream);

/*
 * Write a report with the options of the user; colour and root are added here.  `text_stream` is where text goes by itself; other formats go to stdout, or to
 * report.<extension> in the run directory (dmasan-report.<extension> here for several of them).
 * Files are replaced in one step and announced on stderr.  0, or DS_EXIT_FAILURE after a message.
 */
int ds_output_write(const struct ds_output *o, const struct ds_run *run, FILE *text_stream,
		    const struct ds_report_options *wanted);

#endif
