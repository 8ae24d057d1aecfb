/* SPDX-License-Identifier: MIT */
/*
 * The table that all processes of a run share: a file in the run directory, mapped by each of them.
 *
 * It tells a process what others hold of a buffer, so that its guard follows their hand-overs.  It
 * decides nothing: findings come from the traces alone, so whatever a dying process leaves here can
 * cost a trap, or miss one, but never make a finding.
 *
 * Every state that somebody reads is one 64-bit word, written by one atomic operation of the process
 * that it describes.  There is no lock, and a process that dies at any instruction leaves nothing
 * half written.  An empty file of the right size is a valid table.
 */
#ifndef DS_CORE_SHARED_H
#define DS_CORE_SHARED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/ownership.h"

#define DS_SHARED_NAME	  "buffers.shared"
#define DS_SHARED_VERSION 1
#define DS_SHARED_PROCS	  512
#define DS_SHARED_ENTRIES 2048 /* a power of two */
#define DS_SHARED_WAYS	  8    /* entries in which an inode may stand: its bucket */
#define DS_SHARED_MEMBERS 28

struct ds_shared_proc {
	_Atomic uint64_t id;	 /* pid << 32 | generation, 0 = free */
	_Atomic uint32_t wake;	 /* futex: counts changes that concern the process */
	_Atomic uint32_t asleep; /* it waits for `wake` to change */
	uint64_t pad[6];
};

/* A buffer, by inode.  Its words outlive their processes until somebody needs the room. */
struct ds_shared_entry {
	_Atomic uint64_t inode; /* 0 = free */
	_Atomic uint64_t changes;
	_Atomic uint64_t changed_ns; /* CLOCK_MONOTONIC of the latest change */
	_Atomic uint64_t joined;     /* words that are not 0, or more */
	_Atomic uint64_t member[DS_SHARED_MEMBERS];
};

struct ds_shared_table {
	_Atomic uint32_t version;    /* 0 = nobody has used it yet */
	_Atomic uint32_t generation; /* of the latest process */
	uint64_t pad[7];
	struct ds_shared_proc proc[DS_SHARED_PROCS];
	struct ds_shared_entry entry[DS_SHARED_ENTRIES];
};
_Static_assert(sizeof(struct ds_shared_proc) == 64, "a cache line each");
_Static_assert(sizeof(struct ds_shared_entry) == 256, "four cache lines");

/*
 * A member's word: slot of its process + 1 << 48 | generation << 16 | what it holds.  It counts
 * only while that process slot is of that generation.
 */
enum {
	DS_SHARED_USE = 3 << 0,
	DS_SHARED_GRANTED = 3 << 2,
	DS_SHARED_PROMISED = 3 << 4,
	DS_SHARED_MAPPED = 1 << 6, /* the process can touch the buffer */
	DS_SHARED_BORN = 1 << 7,   /* the process made it */
};
#define DS_SHARED_WORD(slot, generation, bits) \
	(((uint64_t)(slot) + 1) << 48 | (uint64_t)(generation) << 16 | (bits))
#define DS_SHARED_SLOT(word)	   ((uint32_t)((word) >> 48) - 1)
#define DS_SHARED_GENERATION(word) ((uint32_t)((word) >> 16))
#define DS_SHARED_BITS(word)	   ((unsigned)(uint16_t)(word))
#define DS_SHARED_PID(id)	   ((int)((id) >> 32))

static inline unsigned ds_shared_bits(const struct ds_elsewhere *e, bool mapped)
{
	return e->use | (unsigned)e->granted << 2 | (unsigned)e->promised << 4 |
	       (mapped ? DS_SHARED_MAPPED : 0) | (e->born ? DS_SHARED_BORN : 0);
}

static inline void ds_shared_add(struct ds_elsewhere *e, unsigned bits)
{
	e->use |= bits & DS_RW;
	e->granted |= bits >> 2 & DS_RW;
	e->promised |= bits >> 4 & DS_RW;
	e->born |= (bits & DS_SHARED_BORN) != 0;
}

/* Is the process that wrote the word still there, as far as the table knows? */
static inline bool ds_shared_counts(struct ds_shared_table *t, uint64_t word)
{
	uint32_t slot = DS_SHARED_SLOT(word);

	return word && slot < DS_SHARED_PROCS &&
	       (uint32_t)t->proc[slot].id == DS_SHARED_GENERATION(word);
}

#endif
