/* SPDX-License-Identifier: MIT */
/* What the files that make up the JSON report share. */
#ifndef DS_REPORT_JSON_PARTS_H
#define DS_REPORT_JSON_PARTS_H

#include "report/json.h"
#include "report/report.h"

struct ds_json_builder {
	struct ds_json json;
	const struct ds_run *run;
	/* by index of a buffer: of the next entry that is the same one, in a ring */
	uint32_t *next_same;
};

/* Both take over value. */
static inline void set(struct ds_json_builder *b, json_t *object, const char *key, json_t *value)
{
	ds_json_set(&b->json, object, key, value);
}

static inline void append(struct ds_json_builder *b, json_t *array, json_t *value)
{
	ds_json_append(&b->json, array, value);
}

json_t *ds_json_coverage(struct ds_json_builder *b, const struct ds_report_totals *t);
json_t *ds_json_finding(struct ds_json_builder *b, const struct ds_finding *f);

/* What suppressed a finding, or matched none. */
json_t *ds_json_excuse(struct ds_json_builder *b, const struct ds_excuse *e);

#endif
