/* SPDX-License-Identifier: MIT */
/* What every part of the page's data is made with, and the one escape function. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/text.h"

#define TEXT_MAX 1024 /* bytes of one string; a mangled template name can be longer than a page */

void ds_html_set(struct ds_html *h, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		h->failed = true;
}

void ds_html_add(struct ds_html *h, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		h->failed = true;
}

json_t *ds_html_text(const char *s)
{
	size_t size = s ? strlen(s) : 0;
	char *cut = NULL, *valid;
	json_t *value;

	if (size > TEXT_MAX &&
	    asprintf(&cut, "%.*s ... (%zu bytes more)", TEXT_MAX, s, size - TEXT_MAX) < 0)
		return NULL;
	valid = ds_text_utf8(cut ? cut : s ? s : "");
	value = valid ? json_string(valid) : NULL;
	free(valid);
	free(cut);
	return value;
}

json_t *ds_html_number(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

json_t *ds_html_hex(uint64_t n)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%" PRIx64, n);
	return json_string(buf);
}

uint64_t ds_html_time(const struct ds_html *h, uint32_t process, uint64_t ns)
{
	uint64_t start = h->time->start_ns[h->run->process[process].part];

	return ns > start ? ns - start : 0;
}

/* U+2028 and U+2029 end a line of a script; in UTF-8 they are E2 80 A8 and E2 80 A9. */
static bool is_separator(const char *s, size_t left)
{
	return left >= 3 && !memcmp(s, "\xe2\x80", 2) && (s[2] == '\xa8' || s[2] == '\xa9');
}

void ds_html_escape(FILE *out, const char *json, size_t size)
{
	size_t from = 0;

	for (size_t i = 0; i < size; i++) {
		bool separator = is_separator(json + i, size - i);

		if (!separator && json[i] != '<' && json[i] != '>' && json[i] != '&')
			continue;
		fwrite(json + from, 1, i - from, out);
		if (separator)
			fprintf(out, "\\u20%02x", (unsigned char)json[i + 2] - 0x80);
		else
			fprintf(out, "\\u%04x", json[i]);
		i += separator ? 2 : 0;
		from = i + 1;
	}
	fwrite(json + from, 1, size - from, out);
}
