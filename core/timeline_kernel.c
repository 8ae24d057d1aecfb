/* SPDX-License-Identifier: MIT */
/* The kernel's lanes of a timeline: what drivers did to each buffer, beside what programs asked for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/keymap.h"
#include "core/strings.h"
#include "core/timeline_lane.h"

/* Something that has begun on a lane. */
struct open {
	uint64_t key; /* of what, and on which buffer */
	uint8_t lane, use;
	uint32_t times; /* a device may map it again */
};

/* The moment of a finding, on a buffer that the page follows. */
struct moment {
	uint64_t ns;
	uint32_t buffer;
};

/* The lanes of one buffer, and how many things are open on each. */
struct kernel_track {
	struct ds_track *lanes;
	uint32_t reads[DS_LANES], writes[DS_LANES];
};

struct kernel {
	struct ds_tl_sink *s;
	uint64_t start_ns;
	struct kernel_track **track; /* by index of ds_run.buffer */
	struct ds_keymap open;
	struct moment *moment; /* in order of time */
	uint32_t moments, at;
	uint64_t last_ns;
};

static uint64_t since(const struct kernel *k, uint64_t ns)
{
	ns = ns > k->start_ns ? ns - k->start_ns : 0;
	return ns < DS_TL_LATEST ? ns : DS_TL_LATEST;
}

/* ---- what is around findings stays ---- */

static int by_time(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;

	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

static int list_moments(struct kernel *k, unsigned part)
{
	const struct ds_run *run = k->s->run;

	k->moment = calloc(run->findings + 1u, sizeof(*k->moment));
	if (!k->moment)
		return -ENOMEM;
	for (unsigned i = 0; i < run->findings; i++) {
		const struct ds_finding *f = run->finding[i];
		uint32_t buffer = k->s->t->buffer[f->buffer].joined;

		if (run->process[f->process].part == part && k->s->recent[buffer])
			k->moment[k->moments++] =
				(struct moment){since(k, f->access.time_ns), buffer};
	}
	qsort(k->moment, k->moments, sizeof(*k->moment), by_time);
	return 0;
}

static void pin_until(struct kernel *k, uint64_t ns)
{
	for (; k->at < k->moments && k->moment[k->at].ns <= ns; k->at++) {
		uint32_t buffer = k->moment[k->at].buffer;

		ds_keep_pin(&k->s->keep, k->s->recent[buffer]);
		if (k->track[buffer])
			ds_track_pin(k->track[buffer]->lanes);
	}
}

/* ---- lanes ---- */

static const char *keep(struct kernel *k, const char *text)
{
	const char *kept = *text ? ds_strings_add(k->s->t->strings, text) : "";

	return kept ? kept : "";
}

/* The lane for a step; of devices that map the buffer, the last one is for all that follow. */
static unsigned lane_of(struct kernel *k, struct ds_buffer_time *bt,
			const struct ds_kernel_step *step)
{
	const unsigned most = DS_KERNEL_LANES - (DS_KTRACK_MAX - 1);
	const char *device = keep(k, step->device);
	unsigned same = 0, last = 0;

	for (unsigned i = 0; i < bt->lanes; i++) {
		if (bt->lane[i].kind != DS_LANE_KERNEL || bt->lane[i].track != step->track)
			continue;
		if (!strcmp(bt->lane[i].device, device))
			return i;
		same++;
		last = i;
	}
	if (same == most) {
		bt->lane[last].device = "";
		return last;
	}
	bt->lane[bt->lanes] =
		(struct ds_lane){.kind = DS_LANE_KERNEL, .device = device, .track = step->track};
	return bt->lanes++;
}

static uint16_t who(struct kernel *k, const struct ds_kernel_step *step)
{
	const struct ds_kernel_line *line = step->line;
	const struct ds_who w = {
		.process = step->process < 0 ? UINT32_MAX : (uint32_t)step->process,
		.tid = (uint32_t)line->tid,
		.call = ds_kernel_event_name(line->event),
		.comm = keep(k, line->comm),
	};

	return ds_tl_who_add(k->s, &w);
}

/* ---- steps ---- */

static void put_point(struct kernel *k, uint32_t buffer, unsigned lane,
		      const struct ds_kernel_step *step)
{
	const struct ds_kernel_line *line = step->line;
	const struct ds_item it = {
		.start_ns = since(k, line->ns),
		.end_ns = since(k, line->ns),
		.length = line->number[DS_KNUM_effect],
		.begin = who(k, step),
		.lane = (uint8_t)lane,
		.kind = DS_ITEM_KERNEL,
		.value = (uint8_t)line->number[DS_KNUM_flags],
	};

	ds_tl_put(k->s, buffer, &it);
}

/* Let a lane show what is open on it after a step. */
static void count(struct kernel_track *t, unsigned lane, unsigned use, int by)
{
	if (use & DS_DEVICE_READS)
		t->reads[lane] += (unsigned)by;
	if (use & DS_DEVICE_WRITES)
		t->writes[lane] += (unsigned)by;
}

static int put_span(struct kernel *k, uint32_t buffer, unsigned lane,
		    const struct ds_kernel_step *step)
{
	struct kernel_track *t = k->track[buffer];
	uint64_t key = ds_hash_u64(ds_hash_u64(DS_HASH_INIT, step->object), buffer);
	struct open *o;

	if (step->kind == DS_KSTEP_BEGIN) {
		o = ds_keymap_get(&k->open, key ? key : 1);
		if (!o)
			return -ENOMEM;
		if (!o->times++) {
			o->lane = (uint8_t)lane;
			o->use = (uint8_t)step->use;
			count(t, lane, step->use, 1);
		}
	} else {
		o = ds_keymap_find(&k->open, key ? key : 1);
		if (!o) /* it began before the recording */
			return 0;
		lane = o->lane;
		if (!--o->times) {
			count(t, lane, o->use, -1);
			ds_keymap_remove(&k->open, key ? key : 1);
		}
	}
	ds_track_set(t->lanes, k->s, lane,
		     (t->reads[lane] ? DS_DEVICE_READS : 0) |
			     (t->writes[lane] ? DS_DEVICE_WRITES : 0),
		     since(k, step->line->ns), who(k, step));
	return 0;
}

static struct kernel_track *track_of(struct kernel *k, uint32_t buffer)
{
	struct kernel_track **t = &k->track[buffer];

	if (!*t)
		*t = calloc(1, sizeof(**t));
	if (*t && !(*t)->lanes)
		(*t)->lanes = ds_track_create(buffer);
	return *t && (*t)->lanes ? *t : NULL;
}

static int take(void *ctx, const struct ds_kernel_step *step)
{
	struct kernel *k = ctx;
	uint32_t buffer = k->s->t->buffer[step->buffer].joined;
	struct ds_buffer_time *bt = &k->s->t->buffer[buffer];
	unsigned lane;

	if (since(k, step->line->ns) > k->last_ns)
		k->last_ns = since(k, step->line->ns);
	pin_until(k, k->last_ns);
	if (!bt->shown)
		return 0;
	if (!track_of(k, buffer))
		return -ENOMEM;
	lane = lane_of(k, bt, step);
	if (step->kind != DS_KSTEP_POINT)
		return put_span(k, buffer, lane, step);
	put_point(k, buffer, lane, step);
	return 0;
}

static void finish(struct kernel *k, uint64_t last_ns)
{
	for (uint32_t i = 0; k->track && i < k->s->t->buffers; i++) {
		if (!k->track[i])
			continue;
		if (k->track[i]->lanes)
			ds_track_end(k->track[i]->lanes, k->s, last_ns);
		free(k->track[i]->lanes);
		free(k->track[i]);
	}
	free(k->track);
	free(k->moment);
	ds_keymap_finish(&k->open);
}

int ds_tl_kernel(struct ds_tl_sink *s, unsigned part, uint64_t *last_ns)
{
	struct kernel k = {.s = s, .start_ns = s->t->start_ns[part]};
	int r;

	if (!ds_run_part(s->run, part)->lines)
		return 0;
	k.open.size = sizeof(struct open);
	if (!k.start_ns) /* recorded without a program */
		k.start_ns = s->t->start_ns[part] = ds_run_part(s->run, part)->kernel_side.first_ns;
	k.track = calloc(s->t->buffers + 1u, sizeof(struct kernel_track *));
	r = k.track ? list_moments(&k, part) : -ENOMEM;
	if (!r)
		r = ds_kernel_replay(s->run, part, take, &k);
	if (k.last_ns > *last_ns)
		*last_ns = k.last_ns;
	finish(&k, k.last_ns);
	return r;
}
