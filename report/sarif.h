/* SPDX-License-Identifier: MIT */
/* Parts of a SARIF log: places and rules; fmt_sarif.c puts them together. */
#ifndef DS_REPORT_SARIF_H
#define DS_REPORT_SARIF_H

#include "report/json.h"
#include "report/report.h"

struct ds_sarif {
	struct ds_json json;
	const struct ds_run *run;
	const struct ds_report_options *opt;
};

/* {"text": ...}: text from a trace; nothing in it is a link or a placeholder any more. */
json_t *ds_sarif_message(struct ds_sarif *s, const char *text);

/* The location of a stack's place, or of the run directory when there is no stack. */
json_t *ds_sarif_location(struct ds_sarif *s, const struct ds_stack *stack, const char *message);

/* A whole stack. */
json_t *ds_sarif_stack(struct ds_sarif *s, const struct ds_stack *stack, const char *message);

/* All rules, in the order of their numbers. */
json_t *ds_sarif_rules(struct ds_sarif *s);

const char *ds_sarif_level(enum ds_severity severity);

#endif
