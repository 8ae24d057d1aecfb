/* SPDX-License-Identifier: MIT */
/*
 * Events of several sources in one order of time, read as a stream: one event of each source is
 * held, whatever the length of the sources.
 *
 * Within a source the order is the source's own, even where its times step back: a source's time is
 * the latest that it has shown.  So what one process did before it told another one of it comes
 * before everything that the other did because of it.
 */
#ifndef DS_CORE_MERGE_TIME_H
#define DS_CORE_MERGE_TIME_H

#include <stdbool.h>

#include "core/event.h"

struct ds_merge_head {
	struct ds_event ev; /* time_ns is what is ordered by */
	uint32_t slot;
};

struct ds_merge_source {
	void *ctx;
	/* The source's next event.  1, 0 at its end, or -errno. */
	int (*next)(void *ctx, struct ds_merge_head *ret);
};

struct ds_merge;

/* 0 with *ret, -ENOMEM, or what a source answered.  The contexts stay the caller's. */
int ds_merge_create(const struct ds_merge_source *source, unsigned sources, struct ds_merge **ret);
void ds_merge_destroy(struct ds_merge *m);

/* The earliest event of all.  1 with its source, 0 when all sources have ended, or -errno. */
int ds_merge_next(struct ds_merge *m, unsigned *ret_source, struct ds_merge_head *ret);

/* Has the source nothing after the events that were taken from it? */
bool ds_merge_ended(const struct ds_merge *m, unsigned source);

#endif
