/* SPDX-License-Identifier: MIT */
/* String set: open addressing over pointers to single allocations. */
#include "core/strings.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

struct ds_strings {
	char **at;
	size_t used, room; /* room is a power of two */
};

struct ds_strings *ds_strings_create(void)
{
	struct ds_strings *s = calloc(1, sizeof(*s));

	if (s) {
		s->room = 256;
		s->at = calloc(s->room, sizeof(*s->at));
	}
	if (s && !s->at) {
		free(s);
		return NULL;
	}
	return s;
}

void ds_strings_destroy(struct ds_strings *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < s->room; i++)
		free(s->at[i]);
	free(s->at);
	free(s);
}

/* Where `text` is, or where it would go. */
static size_t find(char **at, size_t room, const char *text)
{
	size_t i = ds_hash_text(DS_HASH_INIT, text) & (room - 1);

	while (at[i] && strcmp(at[i], text))
		i = (i + 1) & (room - 1);
	return i;
}

static int widen(struct ds_strings *s)
{
	size_t room = s->room * 2;
	char **at = calloc(room, sizeof(*at));

	if (!at)
		return -1;
	for (size_t i = 0; i < s->room; i++)
		if (s->at[i])
			at[find(at, room, s->at[i])] = s->at[i];
	free(s->at);
	s->at = at;
	s->room = room;
	return 0;
}

const char *ds_strings_add(struct ds_strings *s, const char *text)
{
	size_t i;

	if (!text || !*text || (s->used * 2 >= s->room && widen(s)))
		return "";
	i = find(s->at, s->room, text);
	if (!s->at[i]) {
		s->at[i] = strdup(text);
		if (!s->at[i])
			return "";
		s->used++;
	}
	return s->at[i];
}
