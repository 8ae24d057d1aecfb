/* SPDX-License-Identifier: MIT */
/* Takes the spans and points of a replay: keeps them, counts them, adds them up over time. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/strings.h"
#include "core/timeline_lane.h"

#define WHO_ROOM (DS_TL_WHOS * 2) /* of the hash table, a power of two */
#define BIN_NS	 1024		  /* width of a bin until there is more to show */

int ds_tl_sink_init(struct ds_tl_sink *s, const struct ds_run *run, struct ds_timeline *t)
{
	s->run = run;
	s->t = t;
	s->recent = calloc(run->buffers + 1u, sizeof(struct ds_recent *));
	s->who_at = calloc(WHO_ROOM, sizeof(*s->who_at));
	t->who = calloc(DS_TL_WHOS, sizeof(*t->who));
	t->whos = 1;
	t->bin_ns = BIN_NS;
	return s->recent && s->who_at && t->who ? 0 : -ENOMEM;
}

void ds_tl_sink_finish(struct ds_tl_sink *s)
{
	for (uint32_t i = 0; s->recent && i < s->t->buffers; i++)
		free(s->recent[i]);
	free(s->recent);
	free(s->who_at);
	ds_keep_finish(&s->keep);
}

void ds_tl_sink_deliver(struct ds_tl_sink *s)
{
	ds_keep_order(&s->keep);
	s->t->item = s->keep.item;
	s->t->items = s->keep.used;
	s->t->window_ns = s->keep.window_ns;
	s->t->every_ns = s->keep.every_ns;
	s->keep.item = NULL;
}

/* ---- who ---- */

static const char *call_name(struct ds_tl_sink *s, const struct ds_tl_event *e)
{
	const struct ds_event *ev = e->ev;
	uint32_t slot = (uint32_t)ev->d;
	unsigned i = slot % DS_TL_CALLS;
	char text[128];

	if (ev->type == DS_EV_ACCESS && !ev->d)
		return "instruction";
	if (ev->type == DS_EV_MAP || ev->type == DS_EV_UNMAP)
		return ev->type == DS_EV_MAP ? "mmap" : "munmap";
	if (ev->type == DS_EV_BUFFER || ds_event_field(ev->type, 3)[0] != '@')
		return ds_event_name(ev->type) ? ds_event_name(ev->type) : "";
	if (s->call[i].text && s->call[i].slot == slot && s->call[i].process == e->process)
		return s->call[i].text;
	if (s->t->whos == DS_TL_WHOS) /* nobody would get the new name */
		return "";
	ds_trace_string(s->run->process[e->process].trace, slot, text, sizeof(text));
	s->call[i].process = e->process;
	s->call[i].slot = slot;
	s->call[i].text = ds_strings_add(s->t->strings, text);
	return s->call[i].text;
}

uint16_t ds_tl_who_add(struct ds_tl_sink *s, const struct ds_who *w)
{
	uint64_t h = ds_hash_u64(DS_HASH_INIT, (uint64_t)w->process << 32 | w->tid);
	size_t i = ds_hash_u64(h, (uint64_t)(uintptr_t)w->call) & (WHO_ROOM - 1);

	for (; s->who_at[i]; i = (i + 1) & (WHO_ROOM - 1)) {
		const struct ds_who *at = &s->t->who[s->who_at[i]];

		if (at->process == w->process && at->tid == w->tid && at->comm == w->comm &&
		    !strcmp(at->call, w->call))
			return s->who_at[i];
	}
	if (s->t->whos == DS_TL_WHOS)
		return 0;
	s->who_at[i] = (uint16_t)s->t->whos;
	s->t->who[s->t->whos] = *w;
	return (uint16_t)s->t->whos++;
}

uint16_t ds_tl_who(struct ds_tl_sink *s, const struct ds_tl_event *e)
{
	const struct ds_who w = {e->process, e->ev->tid, call_name(s, e), NULL};

	return ds_tl_who_add(s, &w);
}

/* ---- bins ---- */

/* Bins twice as wide, for every buffer. */
static void widen(struct ds_timeline *t)
{
	t->bin_ns *= 2;
	for (uint32_t i = 0; i < t->buffers; i++) {
		for (unsigned c = 0; t->buffer[i].bin && c < DS_BIN_CHANNELS; c++) {
			uint64_t *bin = t->buffer[i].bin[c];

			for (unsigned k = 0; k < DS_BINS / 2; k++)
				bin[k] = bin[2 * k] + bin[2 * k + 1];
			memset(bin + DS_BINS / 2, 0, DS_BINS / 2 * sizeof(*bin));
		}
	}
}

static void add_time(struct ds_timeline *t, uint64_t *bin, uint64_t start, uint64_t end)
{
	while (start < end) {
		uint64_t next = (start / t->bin_ns + 1) * t->bin_ns;
		uint64_t until = next < end ? next : end;

		bin[start / t->bin_ns] += until - start;
		start = until;
	}
}

static void count_time(struct ds_timeline *t, struct ds_buffer_time *bt, const struct ds_item *it)
{
	const struct ds_lane *lane = &bt->lane[it->lane];
	unsigned channel = lane->kind == DS_LANE_BRACKET  ? DS_BIN_BRACKET
			   : it->value & DS_DEVICE_WRITES ? DS_BIN_DEVICE_WRITES
							  : DS_BIN_DEVICE_READS;

	if (lane->kind == DS_LANE_CPU || lane->kind == DS_LANE_KERNEL)
		return;
	while (it->end_ns / t->bin_ns >= DS_BINS)
		widen(t);
	add_time(t, bt->bin[channel], it->start_ns, it->end_ns);
}

void ds_tl_put(struct ds_tl_sink *s, uint32_t buffer, const struct ds_item *item)
{
	struct ds_buffer_time *bt = &s->t->buffer[buffer];
	struct ds_item it = *item;

	it.buffer = buffer;
	s->t->total++;
	if (it.kind == DS_ITEM_SPAN) {
		bt->lane[it.lane].spans++;
		count_time(s->t, bt, &it);
	}
	ds_keep_add(&s->keep, s->recent[buffer], it);
}
