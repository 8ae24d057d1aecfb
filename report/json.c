/* SPDX-License-Identifier: MIT */
/* JSON values from what a trace says. */
#include "report/json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "report/text.h"

void ds_json_set(struct ds_json *j, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		j->failed = true;
}

void ds_json_append(struct ds_json *j, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		j->failed = true;
}

json_t *ds_json_text(const char *s)
{
	char *valid = ds_text_utf8(s ? s : "");
	json_t *value = valid ? json_string(valid) : NULL;

	free(valid);
	return value;
}

json_t *ds_json_number(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

json_t *ds_json_hex(uint64_t n)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%" PRIx64, n);
	return json_string(buf);
}

int ds_json_write(const struct ds_json *j, json_t *doc, FILE *out)
{
	int r = j->failed || !doc ? -ENOMEM : 0;

	if (!r && !json_dumpf(doc, out, JSON_INDENT(2) | JSON_ENSURE_ASCII))
		fputc('\n', out);
	json_decref(doc);
	return r;
}
