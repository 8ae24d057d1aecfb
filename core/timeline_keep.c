/* SPDX-License-Identifier: MIT */
/*
 * Thinning by windows of time: a run of a thousand seconds is shown as whole fragments of it, all
 * buffers together, because every tenth span of a buffer would show something that never happened.
 *
 * The width of a window is chosen once, when the room is full for the first time; after that the
 * distance between windows doubles whenever the room is full again, so what was kept stays a subset
 * of what is selected and one pass suffices.
 */
#include "core/timeline_keep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WINDOWS 64 /* in the time that had passed when the room was full for the first time */

int ds_keep_init(struct ds_keep *k, uint32_t limit, uint32_t sites)
{
	uint32_t each;

	*k = (struct ds_keep){.limit = limit, .pin_limit = limit / 2};
	each = sites ? k->pin_limit / sites / 2 : 0;
	k->around = each > DS_KEEP_AROUND ? DS_KEEP_AROUND : each < 4 ? 4 : each;
	k->room = limit + k->pin_limit + 1;
	k->item = malloc(k->room * sizeof(*k->item));
	return k->item ? 0 : -ENOMEM;
}

void ds_keep_finish(struct ds_keep *k)
{
	free(k->item);
	k->item = NULL;
}

/* Does the item overlap a window?  Long spans do: they are what one looks for. */
static bool selected(const struct ds_keep *k, const struct ds_item *it)
{
	uint64_t into = k->every_ns ? it->start_ns % k->every_ns : 0;

	return !k->every_ns || into < k->window_ns ||
	       it->end_ns - it->start_ns >= k->every_ns - into;
}

static uint64_t latest(const struct ds_keep *k)
{
	uint64_t end = 0;

	for (uint32_t i = 0; i < k->used; i++)
		if (k->item[i].end_ns > end)
			end = k->item[i].end_ns;
	return end;
}

static void drop_unselected(struct ds_keep *k)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < k->used; i++)
		if (k->item[i].pinned || selected(k, &k->item[i]))
			k->item[kept++] = k->item[i];
	k->used = kept;
}

static void thin(struct ds_keep *k)
{
	if (!k->every_ns) {
		k->window_ns = k->every_ns = latest(k) / WINDOWS + 1;
	}
	while (k->used - k->pinned >= k->limit && k->every_ns < UINT64_MAX / 4) {
		k->every_ns *= 2;
		drop_unselected(k);
	}
	/* not even windows help (all at one time): the first ones stay */
	if (k->used - k->pinned >= k->limit)
		k->limit = 0;
}

static void store(struct ds_keep *k, const struct ds_item *it)
{
	if (it->pinned ? k->pinned >= k->pin_limit : k->used - k->pinned >= k->limit)
		return;
	k->item[k->used++] = *it;
	k->pinned += it->pinned;
}

static void remember(const struct ds_keep *k, struct ds_recent *r, const struct ds_item *it)
{
	r->at[r->next] = *it;
	r->next = (r->next + 1) % k->around;
	if (r->used < k->around)
		r->used++;
}

void ds_keep_add(struct ds_keep *k, struct ds_recent *recent, struct ds_item item)
{
	item.order = k->order++;
	if (recent && recent->coming) {
		recent->coming--;
		item.pinned = true;
	}
	if (item.pinned && k->pinned >= k->pin_limit)
		item.pinned = false;
	if (recent && !item.pinned)
		remember(k, recent, &item);
	if (!item.pinned && !selected(k, &item))
		return;
	store(k, &item);
	if (k->limit && k->used - k->pinned >= k->limit)
		thin(k);
}

void ds_keep_pin(struct ds_keep *k, struct ds_recent *recent)
{
	for (unsigned i = 0; i < recent->used; i++) {
		recent->at[i].pinned = true;
		store(k, &recent->at[i]);
	}
	recent->used = recent->next = 0;
	recent->coming = k->around;
}

static int by_place(const void *a, const void *b)
{
	const struct ds_item *x = a, *y = b;

	if (x->buffer != y->buffer)
		return x->buffer < y->buffer ? -1 : 1;
	if (x->lane != y->lane)
		return x->lane < y->lane ? -1 : 1;
	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

void ds_keep_order(struct ds_keep *k)
{
	uint32_t kept = 0;

	if (k->used)
		qsort(k->item, k->used, sizeof(*k->item), by_place);
	for (uint32_t i = 0; i < k->used; i++)
		if (!kept || k->item[kept - 1].order != k->item[i].order)
			k->item[kept++] = k->item[i];
	k->used = kept;
}
