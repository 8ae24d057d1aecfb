/* SPDX-License-Identifier: MIT */
/*
 * What CPU caches or bounce buffers do to a buffer at its hand-overs, on memory that stands for them.
 *
 * Three images of one buffer: `real` is what devices see, `shadow` what the program sees (the caches),
 * `pristine` what the shadow was when it was last loaded.  A line of 64 bytes is dirty when shadow and
 * pristine differ, stale when it is clean and pristine and real differ.
 *
 * Everything here is pure: the caller's memory, no allocation, no time.  What is damaged is a function
 * of policy, seed, buffer and event number.
 */
#ifndef DS_CORE_COHERENCY_H
#define DS_CORE_COHERENCY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The order is that of the words of the option. */
enum ds_policy {
	DS_POLICY_REAL,
	DS_POLICY_STALE,
	DS_POLICY_STALE7,
	DS_POLICY_RANDOM,
	DS_POLICY_BOUNCE,
	DS_POLICIES
};
#define DS_POLICY_WORDS "real|stale|stale7|random|bounce"

enum ds_cache_event {
#define EVENT(name, text, stale, stale7, random, bounce) DS_CACHE_##name,
#include "core/coherency.def"
#undef EVENT
	DS_CACHE_EVENTS
};

#define DS_LINE 64u

/* Bytes of `mark` for a buffer of n bytes: one per line. */
#define DS_LINES(n) (((n) + DS_LINE - 1) / DS_LINE)

struct ds_images {
	uint8_t *real;	   /* NULL: cannot be reached, nothing is done */
	uint8_t *shadow;   /* what the program sees */
	uint8_t *pristine; /* unused by bounce */
	uint8_t *mark;	   /* per line: 1 = made unlike anything that the program may have stored */
	size_t size;	   /* in bytes; need not be a multiple of a line */
	uint64_t seed, id; /* of the run, and of the buffer: the same in every run */
	bool readonly;	   /* `real` must not be written */
	bool cold;	   /* no line was ever read: the first device data is seen */
	bool fetched;	   /* the latest event fetched everything: `real` holds nothing newer */
};

/* What one event did. */
struct ds_damage {
	size_t lost; /* dirty lines whose stores were thrown away */
};

/* The operations of a policy at an event, as bits of coherency.c; 0 = nothing. */
unsigned ds_cache_ops(enum ds_policy policy, enum ds_cache_event event);

/* Let event number `n` of this buffer take its effect on the images. */
struct ds_damage ds_cache_step(struct ds_images *im, enum ds_policy policy,
			       enum ds_cache_event event, uint64_t n);

/*
 * Lines in which program and device see different bytes.  With `dirty`, only those that the program
 * has stored to (bounce: all, since it keeps no pristine image).
 */
size_t ds_cache_differs(const struct ds_images *im, enum ds_policy policy, bool dirty);

const char *ds_policy_name(enum ds_policy policy);

/* Words about an event for reports, "" for a number that is none. */
const char *ds_cache_event_name(unsigned event);

#endif
