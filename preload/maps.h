/* SPDX-License-Identifier: MIT */
/* /proc/self/maps, read without allocating. */
#ifndef DS_PRELOAD_MAPS_H
#define DS_PRELOAD_MAPS_H

#include <stddef.h>
#include <stdint.h>

struct ds_vma {
	uintptr_t lo, hi;
	int prot;
	uint64_t offset;
	unsigned major, minor;
	uint64_t inode;
};

/* Call `fn` for each line, in order of address, until it returns non-zero.  0 or -errno. */
int ds_maps_each(int (*fn)(const struct ds_vma *vma, void *arg), void *arg);

/* Protection of a range that lies in mappings of one protection; -1 otherwise. */
int ds_maps_protection(uintptr_t addr, size_t len);

#endif
