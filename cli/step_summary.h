/* SPDX-License-Identifier: MIT */
/* The page that GitHub shows for a step of a job. */
#ifndef DS_CLI_STEP_SUMMARY_H
#define DS_CLI_STEP_SUMMARY_H

#include "report/report.h"

/*
 * Append a summary to the file that GITHUB_STEP_SUMMARY names, if it names one, within the size
 * that the platform accepts.  0, or DS_EXIT_FAILURE after a message.
 */
int ds_step_summary_append(const struct ds_run *run, const struct ds_report_options *options);

#endif
