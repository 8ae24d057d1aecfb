/* SPDX-License-Identifier: MIT */
/*
 * Who owns a buffer, and what the CPU may do with it: the one function that guards and judges.
 *
 * The rules are those of the kernel's streaming DMA API (Documentation/core-api/dma-api.rst), of
 * dma-buf CPU access (Documentation/driver-api/dma-buf.rst) and of VIDIOC_QBUF's "locked" buffers.
 * Everything here is pure: fixed size, no allocation, no system call, usable in a signal handler.
 */
#ifndef DS_CORE_OWNERSHIP_H
#define DS_CORE_OWNERSHIP_H

#include <stdbool.h>
#include <stdint.h>

/* rights of the CPU, and flags of a bracket */
enum { DS_READ = 1, DS_WRITE = 2, DS_RW = 3 };

/* how a device uses the buffer that it holds; FENCE: until a fence signals, not by a queue */
enum { DS_DEVICE_READS = 1, DS_DEVICE_WRITES = 2, DS_DEVICE_FENCE = 4 };

/* how a mapping was made; on disk */
enum ds_origin {
	DS_ORIGIN_DMABUF,
	DS_ORIGIN_V4L2,
	DS_ORIGIN_DRM,
	DS_ORIGIN_MEMFD,
	DS_ORIGIN_USERPTR,
	DS_ORIGIN_MAX
};

#define DS_MAX_CLAIMS	16
#define DS_MAX_BRACKETS 16

struct ds_claim {
	uint32_t actor; /* the queue or device that holds the buffer */
	uint32_t index; /* its name for the buffer */
	uint8_t use;	/* DS_DEVICE_* */
	uint64_t ref;	/* opaque to this file: the hand-over's event */
};

/* ds_bracket.used, beside DS_READ and DS_WRITE: reads after the first write were not seen */
enum { DS_USED_INEXACT = 4 };

/* brackets of one kind that were opened one after another */
struct ds_bracket {
	uint8_t flags; /* as given to START */
	uint8_t dead;  /* rights that it no longer grants */
	uint8_t used;  /* rights that the CPU was seen to use inside (observe=1), DS_USED_* */
	uint32_t count;
	uint64_t ref; /* the first START of the group */
};

struct ds_hold {
	struct ds_claim claim[DS_MAX_CLAIMS];
	struct ds_bracket bracket[DS_MAX_BRACKETS];
	uint8_t claims, brackets;
	uint8_t promised; /* rights that the program promised not to use (cache hints) */
	uint64_t promise_ref;
	uint32_t overflow; /* claims or brackets that found no room: judge nothing */
};

/* What the CPU may do through a mapping of this origin now: a set of DS_READ, DS_WRITE. */
unsigned ds_allowed(const struct ds_hold *h, enum ds_origin origin);

/* What other processes hold of the same buffer, as far as rights go. */
struct ds_elsewhere {
	uint8_t use;	  /* DS_DEVICE_* of their claims */
	uint8_t granted;  /* rights of their brackets */
	uint8_t promised; /* rights that they promised not to use */
	bool born;	  /* one of them made the buffer */
};

/* The same, beside what other processes hold. */
unsigned ds_allowed_beside(const struct ds_hold *h, const struct ds_elsewhere *e,
			   enum ds_origin origin);

/* What a hold means for other processes; `born` is left alone. */
void ds_hold_summary(const struct ds_hold *h, struct ds_elsewhere *ret);

/* Does this origin need a bracket (dma-buf mappings and the memfd behind a udmabuf)? */
bool ds_origin_needs_bracket(enum ds_origin origin);

/* A device takes the buffer.  0, or -ENOSPC when there are too many claims to keep. */
int ds_hold_claim(struct ds_hold *h, uint32_t actor, uint32_t index, unsigned use, uint64_t ref);

/*
 * A device gives the buffer back.  `syncs`: the end of the claim invalidates CPU caches by itself
 * (V4L2 MMAP and USERPTR at DQBUF); otherwise READ brackets opened before now grant no read any
 * more if the device wrote.  0 with *ret_claim (may be NULL), or -ENOENT.
 */
int ds_hold_release(struct ds_hold *h, uint32_t actor, uint32_t index, bool syncs,
		    struct ds_claim *ret_claim);

/*
 * Somebody waited for the fences of claims with one of `use` (DS_DEVICE_READS, DS_DEVICE_WRITES), or
 * they were seen to be signalled: those claims end.  Number of claims that ended.
 */
unsigned ds_hold_waited(struct ds_hold *h, unsigned use);

/* The CPU opens a bracket, for which the kernel has waited for fences.  0, or -ENOSPC. */
int ds_hold_start(struct ds_hold *h, unsigned flags, uint64_t ref);

/*
 * The CPU closes the latest bracket with the same flags, else the latest.  0 with *ret_bracket
 * (may be NULL; the group that it was taken from), or -ENOENT when none is open.
 */
int ds_hold_end(struct ds_hold *h, unsigned flags, struct ds_bracket *ret_bracket);

/* The bracket that an END with these flags closes, or NULL. */
const struct ds_bracket *ds_hold_ending(const struct ds_hold *h, unsigned flags);

/* The CPU was seen to use these rights (DS_READ, DS_WRITE, DS_USED_INEXACT). */
void ds_hold_used(struct ds_hold *h, unsigned used);

/* The latest open bracket whose flags contain one of `flags`, or NULL. */
const struct ds_bracket *ds_hold_bracket(const struct ds_hold *h, unsigned flags);

/* The latest claim whose use contains one of `use`, or NULL. */
const struct ds_claim *ds_hold_claimed(const struct ds_hold *h, unsigned use);

/* Two identities turned out to be one buffer: add what `from` holds to `into`. */
void ds_hold_join(struct ds_hold *into, const struct ds_hold *from);

#endif
