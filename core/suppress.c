/* SPDX-License-Identifier: MIT */
/* Reads suppression files.  A file is taken whole or not at all: a typo must not open a gate. */
#include "core/suppress.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum level { FINDING, FRAME, OTHER };

static const struct key {
	const char *name;
	size_t field;
	enum level level;
} keys[] = {
#define KEY(name, field, level) {name, offsetof(struct ds_suppression, field), level},
#include "core/suppress.def"
#undef KEY
};

#define KEYS (sizeof(keys) / sizeof(keys[0]))

static char **value_of(struct ds_suppression *s, const struct key *key)
{
	return (char **)(void *)((char *)s + key->field);
}

static void destroy(struct ds_suppression *s)
{
	for (unsigned i = 0; s && i < KEYS; i++)
		free(*value_of(s, &keys[i]));
	if (s)
		free(s->label);
	free(s);
}

void ds_suppressions_finish(struct ds_suppressions *list)
{
	for (unsigned i = 0; i < list->entries; i++)
		destroy(list->entry[i]);
	for (unsigned i = 0; i < list->paths; i++)
		free(list->path[i]);
	free(list->entry);
	free(list->path);
	*list = (struct ds_suppressions){0};
}

/* ---- one value ---- */

static bool names_a_rule(const char *pattern)
{
	for (unsigned i = 0; i < DS_RULES; i++)
		if (ds_glob(pattern, ds_rule(i)->id))
			return true;
	return false;
}

static bool is_hex(const char *s)
{
	return *s && strspn(s, "0123456789abcdefABCDEF") == strlen(s);
}

/* What is wrong with the value of a key, or NULL. */
static const char *fault(const char *key, const char *value)
{
	if (!*value && strcmp(key, "reason"))
		return "has no value";
	if (!strcmp(key, "rule") && !names_a_rule(value))
		return "names no rule (dmasan explain lists them)";
	if (!strcmp(key, "offset") && (strncmp(value, "0x", 2) || !is_hex(value + 2)))
		return "is no hexadecimal number like 0x1234";
	if (!strcmp(key, "build-id") && (!is_hex(value) || strlen(value) < 8))
		return "is no build-id: at least 8 hexadecimal digits";
	if (!strcmp(key, "frame") && strcmp(value, "any") && strcmp(value, "top"))
		return "is neither any nor top";
	if (!strcmp(key, "stack") && strcmp(value, "access") && strcmp(value, "prior"))
		return "is neither access nor prior";
	return NULL;
}

static int unknown_key(struct ds_file_error *err, unsigned line, const char *name)
{
	char valid[160] = "";

	for (unsigned i = 0; i < KEYS; i++) {
		strcat(valid, i ? ", " : "");
		strcat(valid, keys[i].name);
	}
	return ds_file_error(err, line, "unknown key '%.40s': the keys are %s", name, valid);
}

static int take_pair(struct ds_suppression *s, char *text, unsigned line, struct ds_file_error *err)
{
	char *equals = strchr(text, '='), *value;
	unsigned i = 0;

	if (!equals)
		return ds_file_error(err, line, "neither [name] nor key = value: '%.60s'", text);
	if (!s)
		return ds_file_error(err, line, "a key before the first [name]");
	*equals = 0;
	text = ds_text_trim(text);
	value = ds_text_trim(equals + 1);
	while (i < KEYS && strcmp(keys[i].name, text))
		i++;
	if (i == KEYS)
		return unknown_key(err, line, text);
	if (*value_of(s, &keys[i]))
		return ds_file_error(err, line, "'%s' stands twice in this entry", text);
	if (fault(text, value))
		return ds_file_error(err, line, "%s '%.60s' %s", text, value, fault(text, value));
	*value_of(s, &keys[i]) = strdup(value);
	return *value_of(s, &keys[i]) ? 0 : -ENOMEM;
}

/* ---- one entry ---- */

static int check_entry(struct ds_suppression *s, bool reasons, struct ds_file_error *err)
{
	unsigned conditions = 0, line = s->excuse.line;

	for (unsigned i = 0; i < KEYS; i++)
		conditions += keys[i].level != OTHER && *value_of(s, &keys[i]);
	if (!conditions)
		return ds_file_error(err, line,
				     "the entry [%.60s] has no condition: it would match "
				     "everything",
				     s->label);
	if (s->offset && !s->module && !s->build_id)
		return ds_file_error(err, line,
				     "the entry [%.60s] has an offset without a module or "
				     "build-id",
				     s->label);
	if (reasons && !(s->reason && *s->reason))
		return ds_file_error(err, line, "the entry [%.60s] has no reason", s->label);
	s->excuse.name = s->label;
	s->excuse.reason = s->reason ? s->reason : "";
	return 0;
}

static int start_entry(struct ds_suppressions *list, char *text, unsigned line,
		       struct ds_file_error *err)
{
	size_t n = strlen(text);
	struct ds_suppression **at, *s;

	if (text[n - 1] != ']')
		return ds_file_error(err, line, "no ']' at the end of '%.60s'", text);
	text[n - 1] = 0;
	text = ds_text_trim(text + 1);
	if (!*text)
		return ds_file_error(err, line, "an entry without a name");
	at = realloc(list->entry, (list->entries + 1) * sizeof(*at));
	if (!at)
		return -ENOMEM;
	list->entry = at;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	at[list->entries++] = s;
	s->label = strdup(text);
	s->excuse.kind = "suppression";
	s->excuse.file = list->path[list->paths - 1];
	s->excuse.line = line;
	return s->label ? 0 : -ENOMEM;
}

static int read_entries(struct ds_suppressions *list, struct ds_textfile *file, bool reasons,
			struct ds_file_error *err)
{
	unsigned first = list->entries;
	char *line;
	int r = 0;

	while (!r && (line = ds_textfile_next(file))) {
		struct ds_suppression *last =
			list->entries > first ? list->entry[list->entries - 1] : NULL;

		if (*line != '[') {
			r = take_pair(last, line, file->line, err);
			continue;
		}
		r = last ? check_entry(last, reasons, err) : 0;
		if (!r)
			r = start_entry(list, line, file->line, err);
	}
	if (!r && list->entries > first)
		r = check_entry(list->entry[list->entries - 1], reasons, err);
	return r;
}

static int add_path(struct ds_suppressions *list, const char *path)
{
	char **at = realloc(list->path, (list->paths + 1) * sizeof(*at));

	if (!at)
		return -ENOMEM;
	list->path = at;
	at[list->paths] = strdup(path);
	return at[list->paths] ? (list->paths++, 0) : -ENOMEM;
}

int ds_suppressions_read(struct ds_suppressions *list, const char *path, bool reasons,
			 struct ds_file_error *err)
{
	struct ds_textfile file;
	int r;

	*err = (struct ds_file_error){0};
	r = ds_textfile_open(&file, path, err);
	if (r)
		return r;
	r = add_path(list, path);
	if (!r)
		r = read_entries(list, &file, reasons, err);
	ds_textfile_close(&file);
	if (r == -ENOMEM)
		ds_file_error(err, 0, "out of memory");
	return r;
}
