/* SPDX-License-Identifier: MIT */
/* What every format in JSON needs: values that are always valid, errors that are never lost. */
#ifndef DS_REPORT_JSON_H
#define DS_REPORT_JSON_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/*
 * Building never checks single steps: a failed json_*() gives NULL, these refuse it and `failed`
 * remembers, so that a document is written whole or not at all.
 */
struct ds_json {
	bool failed;
};

void ds_json_set(struct ds_json *j, json_t *object, const char *key, json_t *value);
void ds_json_append(struct ds_json *j, json_t *array, json_t *value);

/* Text from a trace; each wrong byte becomes U+FFFD.  NULL is "". */
json_t *ds_json_text(const char *s);

/* Cut to what JSON readers can hold. */
json_t *ds_json_number(uint64_t n);
json_t *ds_json_hex(uint64_t n);

/* Write and release a document.  0 or -ENOMEM; nothing is written after a failure. */
int ds_json_write(const struct ds_json *j, json_t *doc, FILE *out);

#endif
