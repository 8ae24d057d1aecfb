/* SPDX-License-Identifier: MIT */
/* Tables that grow by chunks and never move: the trap handler reads them without a lock. */
#include "preload/state.h"
#include "preload/sys.h"

void *ds_table_new(struct ds_table *t, uint32_t *ret_number)
{
	uint32_t n = t->used + 1; /* number 0 is nobody's */
	uint32_t chunk = n / DS_CHUNK_OBJECTS;

	if (chunk >= DS_CHUNKS)
		return NULL;
	if (!t->chunk[chunk])
		t->chunk[chunk] = ds_sys_pages(t->size * DS_CHUNK_OBJECTS);
	if (!t->chunk[chunk])
		return NULL;
	atomic_store_explicit(&t->used, n, memory_order_release); /* with its chunk */
	*ret_number = n;
	return ds_table_at(t, n);
}

void *ds_table_at(const struct ds_table *t, uint32_t number)
{
	if (!number || number > atomic_load_explicit(&t->used, memory_order_acquire))
		return NULL;
	return (char *)t->chunk[number / DS_CHUNK_OBJECTS] + number % DS_CHUNK_OBJECTS * t->size;
}
