/* SPDX-License-Identifier: MIT */
/* A table of small records by a number that is not 0, which each record begins with. */
#ifndef DS_CORE_KEYMAP_H
#define DS_CORE_KEYMAP_H

#include <stddef.h>
#include <stdint.h>

struct ds_keymap {
	size_t size; /* of a record; its first member is its key, a uint64_t; set by the owner */
	unsigned char *slot;
	uint32_t used, room;
};

void ds_keymap_finish(struct ds_keymap *m);

/* The record with this key, or NULL.  Valid until a record is added or removed. */
void *ds_keymap_find(const struct ds_keymap *m, uint64_t key);

/* The record with this key, made of zeroes if there is none.  NULL without memory, and for key 0. */
void *ds_keymap_get(struct ds_keymap *m, uint64_t key);

void ds_keymap_remove(struct ds_keymap *m, uint64_t key);

/* Every record: *at starts at 0 and moves.  NULL at the end. */
void *ds_keymap_next(const struct ds_keymap *m, uint32_t *at);

#endif
