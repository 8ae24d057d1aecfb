/* SPDX-License-Identifier: MIT */
/* Inside core: which spans and points of a timeline are kept when there are too many. */
#ifndef DS_CORE_TIMELINE_KEEP_H
#define DS_CORE_TIMELINE_KEEP_H

#include "core/timeline.h"

#define DS_KEEP_AROUND 32 /* items on each side of a finding, at most */

/* The latest items of a buffer that has findings, until it is known whether one is near. */
struct ds_recent {
	struct ds_item at[DS_KEEP_AROUND];
	unsigned next, used;
	unsigned coming; /* so many items to come are near a finding */
};

struct ds_keep {
	struct ds_item *item;
	uint32_t used, room, limit;
	uint32_t pinned, pin_limit; /* copies included */
	unsigned around;
	uint64_t window_ns, every_ns; /* 0 = all are kept */
	uint32_t order;
	bool failed; /* no memory */
};

int ds_keep_init(struct ds_keep *k, uint32_t limit, uint32_t sites);
void ds_keep_finish(struct ds_keep *k);

/* One more item; its order is given here.  `recent` is NULL for a buffer without findings. */
void ds_keep_add(struct ds_keep *k, struct ds_recent *recent, struct ds_item item);

/* A finding is here: what was just added, and what comes next, is near it. */
void ds_keep_pin(struct ds_keep *k, struct ds_recent *recent);

/* Sort what was kept and drop copies. */
void ds_keep_order(struct ds_keep *k);

#endif
