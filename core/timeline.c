/* SPDX-License-Identifier: MIT */
/* Replays every trace of a run and turns changes of state into spans.  See timeline.h. */
#include "core/timeline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/strings.h"
#include "core/timeline_keep.h"
#include "core/timeline_lane.h"

/* Where a finding lies: its access, or what forbade it. */
struct site {
	uint32_t process, slot, buffer;
};

struct builder {
	const struct ds_run *run;
	struct ds_timeline *t;
	struct ds_tl_sink sink;
	struct site *site;
	uint32_t sites, at;
	/* of the process that is being replayed */
	uint32_t process;
	struct ds_model model;
	struct ds_track **track; /* by buffer number */
	uint32_t tracks;
};

static int by_slot(const void *a, const void *b)
{
	const struct site *x = a, *y = b;

	if (x->process != y->process)
		return x->process < y->process ? -1 : 1;
	return x->slot < y->slot ? -1 : x->slot > y->slot;
}

/* The buffer that an entry of the run's list turned out to be. */
static uint32_t final_index(const struct ds_run *run, uint32_t i)
{
	const struct ds_run_buffer *rb = &run->buffer[i];
	const struct ds_buffer *b = ds_model_buffer(&run->process[rb->process].model, rb->number);
	int64_t found = b ? ds_run_buffer_find(run, rb->process, b->number) : -1;

	return found < 0 ? i : (uint32_t)found;
}

static int list_sites(struct builder *b)
{
	const struct ds_run *run = b->run;

	b->site = calloc(2ul * run->findings + 1, sizeof(*b->site));
	if (!b->site)
		return -ENOMEM;
	for (unsigned i = 0; i < run->findings; i++) {
		const struct ds_finding *f = run->finding[i];
		uint32_t buffer = b->t->buffer[f->buffer].joined;

		b->site[b->sites++] = (struct site){f->process, f->access.slot, buffer};
		if (f->prior.slot)
			b->site[b->sites++] =
				(struct site){f->prior_process, f->prior.slot, buffer};
	}
	qsort(b->site, b->sites, sizeof(*b->site), by_slot);
	return 0;
}

static int show(struct builder *b, uint32_t i, uint32_t limit)
{
	struct ds_buffer_time *bt = &b->t->buffer[i];

	if (bt->shown || bt->joined != i || b->t->shown >= limit)
		return 0;
	bt->bin = calloc(DS_BIN_CHANNELS, sizeof(*bt->bin));
	bt->cpu = calloc(1, sizeof(*bt->cpu));
	bt->shown = true;
	b->t->shown++;
	return bt->bin && bt->cpu ? 0 : -ENOMEM;
}

/* Which buffers are followed: first those with findings, which may number beyond the limit. */
static int choose_buffers(struct builder *b, uint32_t limit)
{
	int r = 0;

	for (uint32_t i = 0; i < b->run->buffers; i++)
		b->t->buffer[i].joined = final_index(b->run, i);
	r = list_sites(b);
	for (uint32_t i = 0; i < b->sites && !r; i++) {
		uint32_t buffer = b->site[i].buffer;

		r = show(b, buffer, limit);
		if (!r && b->t->buffer[buffer].shown && !b->sink.recent[buffer])
			b->sink.recent[buffer] = calloc(1, sizeof(struct ds_recent));
	}
	for (uint32_t i = 0; i < b->run->buffers && !r; i++)
		r = show(b, i, limit);
	return r;
}

/* The zero of each run's time: the start of its first process. */
static void find_starts(struct builder *b)
{
	for (unsigned i = 0; i < b->run->processes; i++) {
		const struct ds_process *p = &b->run->process[i];
		uint64_t *start = &b->t->start_ns[p->part];

		if (!p->launcher && (!*start || p->start_ns < *start))
			*start = p->start_ns;
	}
}

/* The track of a buffer of the process, made at first use; NULL when it is not followed. */
static struct ds_track *track_of(struct builder *b, const struct ds_buffer *buffer)
{
	const struct ds_model *final = &b->run->process[b->process].model;
	const struct ds_buffer *twin = buffer ? ds_model_buffer(final, buffer->number) : NULL;
	int64_t i = twin ? ds_run_buffer_find(b->run, b->process, twin->number) : -1;

	if (i < 0 || !b->t->buffer[i].shown)
		return NULL;
	if (buffer->number >= final->buffers)
		return NULL;
	if (!b->track) {
		b->track = calloc(final->buffers, sizeof(struct ds_track *));
		if (!b->track)
			return NULL;
		b->tracks = final->buffers;
	}
	if (!b->track[buffer->number])
		b->track[buffer->number] = ds_track_create((uint32_t)i);
	return b->track[buffer->number];
}

/* Findings at this slot: what is around them is kept. */
static void pin_sites(struct builder *b, uint32_t slot)
{
	for (; b->at < b->sites; b->at++) {
		const struct site *s = &b->site[b->at];

		if (s->process > b->process || (s->process == b->process && s->slot > slot))
			return;
		if (s->process < b->process || s->slot < slot || !b->sink.recent[s->buffer])
			continue;
		ds_keep_pin(&b->sink.keep, b->sink.recent[s->buffer]);
		for (uint32_t i = 0; i < b->tracks; i++)
			if (b->track[i] && b->track[i]->buffer == s->buffer)
				ds_track_pin(b->track[i]);
	}
}

static uint64_t time_of(const struct builder *b, const struct ds_event *ev)
{
	uint64_t start = b->t->start_ns[b->run->process[b->process].part];
	uint64_t ns = ev->time_ns > start ? ev->time_ns - start : 0;

	return ns < DS_TL_LATEST ? ns : DS_TL_LATEST;
}

static void count(struct builder *b, const struct ds_buffer *buffer, const struct ds_event *ev)
{
	int64_t i = buffer ? ds_run_buffer_find(b->run, b->process, buffer->number) : -1;
	struct ds_buffer_time *bt = i < 0 ? NULL : &b->t->buffer[b->t->buffer[i].joined];

	if (!bt)
		return;
	bt->claims += ev->type == DS_EV_CLAIM && ev->b;
	bt->releases += ev->type == DS_EV_RELEASE;
	bt->syncs += ev->type == DS_EV_SYNC;
	bt->failed += ev->type == DS_EV_SYNC && ev->result;
	bt->accesses += ev->type == DS_EV_ACCESS;
}

/* One event: what it says itself, its effect on the model, then what that changed. */
static int step(struct builder *b, const struct ds_event *ev, uint32_t slot)
{
	struct ds_tl_event e = {.ev = ev, .model = &b->model, .process = b->process};
	struct ds_track *track, *other = NULL;
	int r;

	e.ns = time_of(b, ev);
	e.buffer = ds_model_buffer(&b->model, ev->buffer);
	if (ev->type == DS_EV_ALIAS && ev->b)
		other = track_of(b, ds_model_buffer(&b->model, (uint32_t)ev->b));
	track = track_of(b, e.buffer);
	count(b, e.buffer, ev);
	if (track)
		ds_track_before(track, &b->sink, &e);
	pin_sites(b, slot);
	r = ds_model_step(&b->model, ev, slot);
	e.buffer = ds_model_buffer(&b->model, ev->buffer);
	track = track_of(b, e.buffer);
	if (other && track && other != track &&
	    ds_model_buffer(&b->model, (uint32_t)ev->b) == e.buffer)
		ds_track_join(track, other, &b->sink, &e);
	if (track)
		ds_track_after(track, &b->sink, &e);
	return r == -EBADMSG ? 0 : r;
}

static int replay(struct builder *b, uint32_t process)
{
	struct ds_process *p = &b->run->process[process];
	struct ds_event ev;
	uint64_t last = 0;
	uint32_t slot;
	int r = ds_trace_rewind(p->trace);

	b->process = process;
	while (!r && (r = ds_trace_next(p->trace, &ev, &slot)) > 0) {
		r = ds_tl_concerns_buffers(ev.type) ? step(b, &ev, slot) : 0;
		if (r)
			break;
		if (ev.time_ns && time_of(b, &ev) > last)
			last = time_of(b, &ev);
	}
	for (uint32_t i = 0; i < b->tracks; i++) {
		if (b->track[i])
			ds_track_end(b->track[i], &b->sink, last);
		free(b->track[i]);
	}
	if (last > b->t->length_ns)
		b->t->length_ns = last;
	free(b->track);
	b->track = NULL;
	b->tracks = 0;
	ds_model_finish(&b->model);
	return r;
}

static int build(struct builder *b, const struct ds_timeline_options *opt)
{
	int r = ds_tl_sink_init(&b->sink, b->run, b->t);

	if (!r)
		r = choose_buffers(b, opt->buffers);
	if (!r)
		r = ds_keep_init(&b->sink.keep, opt->items, b->sites);
	find_starts(b);
	for (uint32_t i = 0; i < b->run->processes && !r; i++)
		if (!b->run->process[i].launcher)
			r = replay(b, i);
	for (unsigned i = 0; i < ds_run_parts(b->run) && !r; i++)
		r = ds_tl_kernel(&b->sink, i, &b->t->length_ns);
	if (!r && b->sink.failed)
		r = -ENOMEM;
	if (!r)
		ds_tl_sink_deliver(&b->sink);
	ds_tl_sink_finish(&b->sink);
	free(b->site);
	return r;
}

int ds_timeline_build(const struct ds_run *run, const struct ds_timeline_options *opt,
		      struct ds_timeline **ret)
{
	struct ds_timeline *t = calloc(1, sizeof(*t));
	struct builder b = {.run = run, .t = t};
	int r = -ENOMEM;

	if (!t)
		return r;
	t->buffers = run->buffers;
	t->buffer = calloc(run->buffers + 1u, sizeof(*t->buffer));
	t->start_ns = calloc(ds_run_parts(run), sizeof(*t->start_ns));
	t->strings = ds_strings_create();
	if (t->buffer && t->start_ns && t->strings)
		r = build(&b, opt);
	if (r)
		ds_timeline_destroy(t);
	else
		*ret = t;
	return r;
}

void ds_timeline_destroy(struct ds_timeline *t)
{
	if (!t)
		return;
	for (uint32_t i = 0; t->buffer && i < t->buffers; i++) {
		for (unsigned k = 0; k < t->buffer[i].lanes; k++)
			free(t->buffer[i].lane[k].held);
		free(t->buffer[i].bin);
		free(t->buffer[i].cpu);
	}
	free(t->buffer);
	free(t->start_ns);
	free(t->item);
	free(t->who);
	ds_strings_destroy(t->strings);
	free(t);
}
