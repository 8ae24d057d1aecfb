/* SPDX-License-Identifier: MIT */
/* A run on one page of Markdown, for the places where CI systems show one. */
#ifndef DS_REPORT_SUMMARY_H
#define DS_REPORT_SUMMARY_H

#include <stddef.h>

#include "report/report.h"

/*
 * At most `room` bytes: findings that do not fit are counted.  0 with a new string, or -errno.
 */
int ds_report_summary(char **ret_text, size_t *ret_size, size_t room, const struct ds_run *run,
		      const struct ds_report_options *opt);

#endif
