/* SPDX-License-Identifier: MIT */
/* Entries of a suppression file, ready to be pasted. */
#ifndef DS_REPORT_SUPPRESSIONS_H
#define DS_REPORT_SUPPRESSIONS_H

#include <stdio.h>

#include "core/run.h"

/* One entry for every finding of the run that counts; equal ones once. */
void ds_report_suppressions(FILE *out, const struct ds_run *run);

#endif
