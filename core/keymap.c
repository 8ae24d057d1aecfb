/* SPDX-License-Identifier: MIT */
/* Open addressing with linear probing; removal closes the gap, so there are no graves. */
#include "core/keymap.h"

#include <stdlib.h>
#include <string.h>

#include "core/hash.h"

#define MAX_ROOM (1u << 22)

static uint64_t *key_at(const struct ds_keymap *m, uint32_t i)
{
	return (uint64_t *)(void *)(m->slot + i * m->size);
}

static uint32_t home(const struct ds_keymap *m, uint64_t key)
{
	return (uint32_t)ds_hash_u64(DS_HASH_INIT, key) & (m->room - 1);
}

void ds_keymap_finish(struct ds_keymap *m)
{
	free(m->slot);
	*m = (struct ds_keymap){.size = m->size};
}

/* Where the key is, or the free place where it belongs. */
static uint32_t seek(const struct ds_keymap *m, uint64_t key)
{
	uint32_t i = home(m, key);

	while (*key_at(m, i) && *key_at(m, i) != key)
		i = (i + 1) & (m->room - 1);
	return i;
}

void *ds_keymap_find(const struct ds_keymap *m, uint64_t key)
{
	uint64_t *at;

	if (!m->room || !key)
		return NULL;
	at = key_at(m, seek(m, key));
	return *at ? at : NULL;
}

static int grow(struct ds_keymap *m)
{
	struct ds_keymap bigger = {.size = m->size, .room = m->room ? m->room * 2 : 64};

	if (bigger.room > MAX_ROOM)
		return -1;
	bigger.slot = calloc(bigger.room, m->size);
	if (!bigger.slot)
		return -1;
	for (uint32_t i = 0; i < m->room; i++)
		if (*key_at(m, i))
			memcpy(key_at(&bigger, seek(&bigger, *key_at(m, i))), key_at(m, i),
			       m->size);
	bigger.used = m->used;
	free(m->slot);
	*m = bigger;
	return 0;
}

void *ds_keymap_get(struct ds_keymap *m, uint64_t key)
{
	void *found = ds_keymap_find(m, key);
	uint64_t *at;

	if (found || !key)
		return found;
	if (m->used + 1 > m->room / 2 && grow(m))
		return NULL;
	at = key_at(m, seek(m, key));
	*at = key;
	m->used++;
	return at;
}

void ds_keymap_remove(struct ds_keymap *m, uint64_t key)
{
	uint32_t hole, i, mask = m->room - 1;

	if (!ds_keymap_find(m, key))
		return;
	hole = seek(m, key);
	memset(key_at(m, hole), 0, m->size);
	m->used--;
	for (i = (hole + 1) & mask; *key_at(m, i); i = (i + 1) & mask) {
		uint32_t h = home(m, *key_at(m, i));

		if (((i - h) & mask) < ((i - hole) & mask))
			continue; /* lies between its home and the hole: stays reachable */
		memcpy(key_at(m, hole), key_at(m, i), m->size);
		memset(key_at(m, i), 0, m->size);
		hole = i;
	}
}

void *ds_keymap_next(const struct ds_keymap *m, uint32_t *at)
{
	while (*at < m->room) {
		uint32_t i = (*at)++;

		if (*key_at(m, i))
			return key_at(m, i);
	}
	return NULL;
}
