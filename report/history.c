/* SPDX-License-Identifier: MIT */
/* Finds the events that led to a finding, and says each of them in one line. */
#include "report/history.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/analyze.h"
#include "report/place.h"
#include "report/symbolize.h"

#define NAME_BYTES 200

/* The findings of one process by buffer: first[number] is an index + 1 into next[]. */
struct index {
	const struct ds_run *run;
	struct ds_finding *const *list;
	struct ds_history *history;
	unsigned n;
	unsigned *next;	 /* by finding */
	unsigned *first; /* by buffer number of the process */
	uint32_t buffers;
};

static bool is_step(unsigned type)
{
	return type == DS_EV_CLAIM || type == DS_EV_RELEASE || type == DS_EV_SYNC;
}

static void add_step(struct ds_history *h, const struct ds_event *ev, uint32_t slot)
{
	if (h->steps == DS_HISTORY_STEPS) {
		memmove(h->step, h->step + 1, sizeof(h->step) - sizeof(h->step[0]));
		h->steps--;
	}
	h->step[h->steps++] = (struct ds_history_step){.ev = *ev, .slot = slot};
}

static void add_event(struct index *in, const struct ds_process *p, const struct ds_event *ev,
		      uint32_t slot)
{
	const struct ds_buffer *b = ds_model_buffer(&p->model, ev->buffer);

	if (!b || b->number >= in->buffers)
		return;
	for (unsigned i = in->first[b->number]; i; i = in->next[i - 1])
		if (slot < in->list[i - 1]->access.slot)
			add_step(&in->history[i - 1], ev, slot);
}

static void load_process(struct index *in, uint32_t process)
{
	const struct ds_process *p = &in->run->process[process];
	struct ds_event ev;
	uint32_t slot;
	bool any = false;

	in->buffers = p->model.buffers;
	in->first = calloc(in->buffers + 1u, sizeof(*in->first));
	for (unsigned i = 0; in->first && i < in->n; i++) {
		uint32_t number = in->run->buffer[in->list[i]->buffer].number;
		const struct ds_buffer *b;

		if (in->list[i]->process != process)
			continue;
		b = ds_model_buffer(&p->model, number);
		if (!b || b->number >= in->buffers)
			continue;
		in->next[i] = in->first[b->number];
		in->first[b->number] = i + 1;
		any = true;
	}
	ds_trace_rewind(p->trace);
	while (any && ds_trace_next(p->trace, &ev, &slot) > 0)
		if (is_step(ev.type))
			add_event(in, p, &ev, slot);
	free(in->first);
}

/* Stacks of the steps, and their symbols. */
static int load_sites(const struct ds_run *run, struct ds_finding *const *list, unsigned n,
		      struct ds_history *h)
{
	struct ds_site **site = calloc((size_t)n * DS_HISTORY_STEPS + 1, sizeof(*site));
	size_t used = 0;
	int r = site ? 0 : -ENOMEM;

	for (unsigned i = 0; i < n && !r; i++) {
		for (unsigned k = 0; k < h[i].steps && !r; k++) {
			struct ds_history_step *step = &h[i].step[k];

			/* only the set of strings grows by this */
			r = ds_site_load((struct ds_run *)run, &run->process[list[i]->process],
					 step->slot, &step->site);
			site[used++] = &step->site;
		}
	}
	if (!r)
		r = ds_symbols_resolve_sites(site, used, NULL);
	free(site);
	return r;
}

struct ds_history *ds_history_load(const struct ds_run *run, struct ds_finding *const *list,
				   unsigned n)
{
	struct index in = {.run = run, .list = list, .n = n};

	in.history = calloc(n + 1u, sizeof(*in.history));
	in.next = calloc(n + 1u, sizeof(*in.next));
	for (uint32_t i = 0; in.history && in.next && i < run->processes; i++)
		if (!run->process[i].launcher)
			load_process(&in, i);
	if (!in.history || !in.next || load_sites(run, list, n, in.history)) {
		ds_history_free(in.history, n);
		in.history = NULL;
	}
	free(in.next);
	return in.history;
}

void ds_history_free(struct ds_history *h, unsigned n)
{
	for (unsigned i = 0; h && i < n; i++)
		for (unsigned k = 0; k < h[i].steps; k++)
			ds_stack_finish(&h[i].step[k].site.stack);
	free(h);
}

/* ---- words ---- */

static void put_device(FILE *out, const struct ds_process *p, const struct ds_event *ev)
{
	const struct ds_device *d = ds_model_device(&p->model, ev->actor);
	char path[512] = "";

	if (d)
		ds_trace_string(p->trace, d->path, path, sizeof(path));
	ds_place_put(out, *path ? path : "a device", NAME_BYTES);
}

static void put_step(FILE *out, const struct ds_process *p, const struct ds_event *ev)
{
	static const char *const uses[] = {"imports it", "reads it", "writes it",
					   "reads and writes it"};
	static const char *const rights[] = {"", " for reading", " for writing",
					     " for reading and writing"};
	char call[256];

	ds_place_put(out, ds_trace_string(p->trace, (uint32_t)ev->d, call, sizeof(call)),
		     NAME_BYTES);
	if (ev->type == DS_EV_CLAIM) {
		fputs(" gives the buffer to ", out);
		put_device(out, p, ev);
		fprintf(out, ", which %s", uses[ev->b & 3]);
	} else if (ev->type == DS_EV_RELEASE) {
		fputs(" takes the buffer back from ", out);
		put_device(out, p, ev);
	} else {
		fprintf(out, " %s %s the bracket%s", ev->flags & DS_EVF_END ? "END" : "START",
			ev->result		 ? "fails to change"
			: ev->flags & DS_EVF_END ? "closes"
						 : "opens",
			rights[ev->a & DS_RW]);
	}
}

char *ds_history_sentence(const struct ds_run *run, uint32_t process,
			  const struct ds_history_step *step)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	put_step(out, &run->process[process], &step->ev);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}
