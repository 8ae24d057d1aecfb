/* SPDX-License-Identifier: MIT */
/* FNV-1a, 64 bits (http://www.isthe.com/chongo/tech/comp/fnv/): tokens and tables. */
#ifndef DS_CORE_HASH_H
#define DS_CORE_HASH_H

#include <stddef.h>
#include <stdint.h>

#define DS_HASH_INIT 0xcbf29ce484222325ull

static inline uint64_t ds_hash_bytes(uint64_t h, const void *data, size_t size)
{
	const unsigned char *p = (const unsigned char *)data;

	while (size--)
		h = (h ^ *p++) * 0x100000001b3ull;
	return h;
}

static inline uint64_t ds_hash_u64(uint64_t h, uint64_t v)
{
	return ds_hash_bytes(h, &v, sizeof(v));
}

/* The terminating zero is part of it, so that "a","bc" and "ab","c" differ. */
static inline uint64_t ds_hash_text(uint64_t h, const char *text)
{
	do
		h = (h ^ (unsigned char)*text) * 0x100000001b3ull;
	while (*text++);
	return h;
}

#endif
