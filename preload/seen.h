/* SPDX-License-Identifier: MIT */
/*
 * A cell of a cache: which slot of the trace has a text or a stack.  Handlers and threads come here
 * without a lock, so a cell is taken before it is filled: key and slot always belong together.
 */
#ifndef DS_PRELOAD_SEEN_H
#define DS_PRELOAD_SEEN_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct ds_seen {
	_Atomic uint64_t key;
	_Atomic uint64_t word; /* epoch << 32 | slot; slot 0 = somebody fills it */
};

/* Entries of another epoch (trace file) do not count. */
static inline bool ds_seen_free(uint64_t word, uint32_t epoch)
{
	return word >> 32 != epoch;
}

/* The slot of `key`, 0 = the cell has another one, or none.  *ret_word is what it had. */
static inline uint32_t ds_seen_get(struct ds_seen *cell, uint32_t epoch, uint64_t key,
				   uint64_t *ret_word)
{
	uint64_t word = atomic_load_explicit(&cell->word, memory_order_acquire);

	*ret_word = word;
	if (ds_seen_free(word, epoch) || !(uint32_t)word ||
	    atomic_load_explicit(&cell->key, memory_order_acquire) != key)
		return 0;
	return atomic_load_explicit(&cell->word, memory_order_relaxed) == word ? (uint32_t)word : 0;
}

/* Fill a cell that had `word`; when somebody else fills it, nothing happens. */
static inline void ds_seen_put(struct ds_seen *cell, uint64_t word, uint32_t epoch, uint64_t key,
			       uint32_t slot)
{
	const uint64_t filling = (uint64_t)epoch << 32;

	if (word == filling || !atomic_compare_exchange_strong(&cell->word, &word, filling))
		return;
	atomic_store_explicit(&cell->key, key, memory_order_release);
	atomic_store_explicit(&cell->word, filling | slot, memory_order_release);
}

#endif
