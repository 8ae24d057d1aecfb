/* SPDX-License-Identifier: MIT */
/*
 * Trace events, written one by one: a run may have millions, and no document that large is built.
 * Invariant: on every lane times never go back, and every slice that was opened is closed.
 */
#include "report/perfetto.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/json.h"

#define MAX_LANES 64

static void put_text(FILE *out, const char *s)
{
	json_t *text = ds_json_text(s);

	if (!text || json_dumpf(text, out, JSON_ENCODE_ANY | JSON_ENSURE_ASCII))
		fputs("\"\"", out);
	json_decref(text);
}

void ds_perfetto_begin(struct ds_perfetto *t, const char *phase, const char *category,
		       const char *name, uint64_t time_ns)
{
	uint64_t ns = time_ns > t->base_ns ? time_ns - t->base_ns : 0;

	if (time_ns > t->last_ns)
		t->last_ns = time_ns;
	fprintf(t->out, "%s\n{\"ph\":\"%s\",\"cat\":\"%s\",\"name\":", t->comma ? "," : "", phase,
		category);
	put_text(t->out, name);
	/* microseconds, exact to the nanosecond */
	fprintf(t->out, ",\"pid\":%" PRId64 ",\"ts\":%" PRIu64 ".%03" PRIu64, t->pid, ns / 1000,
		ns % 1000);
	t->comma = true;
}

/* ---- processes ---- */

/* Times of one run directory have one beginning; another one may be from another machine. */
static uint64_t first_start(const struct ds_run *run, unsigned part)
{
	uint64_t first = UINT64_MAX;

	for (unsigned i = 0; i < run->processes; i++)
		if (run->process[i].part == part && run->process[i].start_ns < first)
			first = run->process[i].start_ns;
	return first;
}

static void put_process_name(struct ds_perfetto *t, const struct ds_process *p)
{
	char *name = NULL;
	bool several = ds_run_parts(t->run) > 1;

	if (asprintf(&name, "%s%s%s", p->comm, several ? " in " : "",
		     several ? ds_run_part(t->run, p->part)->dir : "") < 0)
		name = NULL;
	ds_perfetto_begin(t, "M", "__metadata", "process_name", t->base_ns);
	fputs(",\"args\":{\"name\":", t->out);
	put_text(t->out, name ? name : "");
	fputs("}}", t->out);
	free(name);
}

int64_t ds_perfetto_pid(unsigned part, int pid)
{
	return part * INT64_C(10000000) + pid;
}

void ds_perfetto_base(struct ds_perfetto *t, unsigned part)
{
	t->base_ns = first_start(t->run, part);
	t->last_ns = t->base_ns;
}

int ds_perfetto_start(struct ds_perfetto *t, uint32_t process)
{
	const struct ds_process *p = &t->run->process[process];

	t->process = process;
	t->pid = ds_perfetto_pid(p->part, p->pid);
	ds_perfetto_base(t, p->part);
	t->last_ns = p->start_ns;
	t->sequence = 0;
	t->buffers = p->model.buffers;
	t->buffer = calloc(t->buffers + 1u, sizeof(*t->buffer));
	if (!t->buffer)
		return -ENOMEM;
	put_process_name(t, p);
	return 0;
}

static void put_id(struct ds_perfetto *t, const struct ds_perfetto_buffer *b, const char *lane,
		   unsigned number)
{
	fprintf(t->out, ",\"tid\":%" PRId64 ",\"id\":\"%u%s%u\"", t->pid, b->index, lane, number);
}

static void put_end(struct ds_perfetto *t, const struct ds_perfetto_buffer *b, enum ds_lane kind,
		    unsigned lane, uint64_t time_ns)
{
	struct ds_perfetto_slice *s = &b->lane[kind][lane];

	if (time_ns < s->last_ns)
		time_ns = s->last_ns;
	s->last_ns = time_ns;
	s->open = false;
	ds_perfetto_begin(t, "e", kind == DS_LANE_CLAIM ? "claim" : "bracket", s->name, time_ns);
	put_id(t, b, kind == DS_LANE_CLAIM ? ".c" : ".b", lane);
	fputs(",\"args\":{}}", t->out); /* without arguments, some readers refuse an event */
	free(s->name);
	s->name = NULL;
}

static const char *buffer_name(struct ds_perfetto *t, const struct ds_perfetto_buffer *b, char *buf,
			       size_t size)
{
	return ds_run_buffer_name(t->run, b->index - 1, buf, size);
}

static void end_buffer(struct ds_perfetto *t, struct ds_perfetto_buffer *b, uint64_t end_ns)
{
	char name[512];

	for (unsigned kind = 0; kind < DS_LANES; kind++) {
		for (unsigned i = 0; i < b->lanes[kind]; i++)
			if (b->lane[kind][i].open)
				put_end(t, b, (enum ds_lane)kind, i, end_ns);
		free(b->lane[kind]);
	}
	ds_perfetto_begin(t, "e", "buffer", buffer_name(t, b, name, sizeof(name)), end_ns);
	put_id(t, b, ".", 0);
	fputs(",\"args\":{}}", t->out);
}

void ds_perfetto_end(struct ds_perfetto *t)
{
	uint64_t end_ns = t->last_ns;

	for (uint32_t i = 0; i < t->buffers; i++)
		if (t->buffer[i].index)
			end_buffer(t, &t->buffer[i], end_ns);
	free(t->buffer);
	t->buffer = NULL;
}

/* ---- buffers ---- */

struct ds_perfetto_buffer *ds_perfetto_buffer(struct ds_perfetto *t, const struct ds_event *ev)
{
	const struct ds_buffer *model =
		ds_model_buffer(&t->run->process[t->process].model, ev->buffer);
	struct ds_perfetto_buffer *b;
	int64_t index;
	char name[512];

	if (!model || model->number >= t->buffers)
		return NULL;
	b = &t->buffer[model->number];
	if (b->index)
		return b;
	index = ds_run_buffer_find(t->run, t->process, model->number);
	if (index < 0)
		return NULL;
	b->index = (uint32_t)index + 1;
	ds_perfetto_begin(t, "b", "buffer", buffer_name(t, b, name, sizeof(name)), ev->time_ns);
	put_id(t, b, ".", 0);
	fprintf(t->out, ",\"args\":{\"size\":%" PRIu64 ",\"inode\":\"%" PRIu64 "\"}}",
		t->run->buffer[index].size, t->run->buffer[index].inode);
	return b;
}

const char *ds_perfetto_device(struct ds_perfetto *t, uint32_t actor, char *buf, size_t size)
{
	const struct ds_process *p = &t->run->process[t->process];
	const struct ds_device *d = ds_model_device(&p->model, actor);

	return d && *ds_trace_string(p->trace, d->path, buf, size) ? buf : "a device";
}

/* A lane without an open slice, a new one if need be; MAX_LANES when there are too many. */
static unsigned free_lane(struct ds_perfetto_buffer *b, enum ds_lane kind)
{
	struct ds_perfetto_slice *list;
	unsigned i = 0;

	while (i < b->lanes[kind] && b->lane[kind][i].open)
		i++;
	if (i < b->lanes[kind] || i == MAX_LANES)
		return i;
	list = realloc(b->lane[kind], (i + 1) * sizeof(*list));
	if (!list)
		return MAX_LANES;
	b->lane[kind] = list;
	list[i] = (struct ds_perfetto_slice){0};
	b->lanes[kind]++;
	return i;
}

void ds_perfetto_open(struct ds_perfetto *t, struct ds_perfetto_buffer *b, enum ds_lane kind,
		      const struct ds_event *ev, const char *what, const char *whom)
{
	unsigned lane = free_lane(b, kind);
	uint64_t time_ns = ev->time_ns;
	struct ds_perfetto_slice *s;
	char name[512], call[256];

	if (lane == MAX_LANES)
		return;
	s = &b->lane[kind][lane];
	if (asprintf(&s->name, "%s %s %s", buffer_name(t, b, name, sizeof(name)), what, whom) < 0) {
		s->name = NULL;
		return;
	}
	if (time_ns < s->last_ns)
		time_ns = s->last_ns;
	s->open = true;
	s->actor = kind == DS_LANE_CLAIM ? ev->actor : 0;
	s->key = kind == DS_LANE_CLAIM ? ev->a : ev->a & DS_RW;
	s->sequence = ++t->sequence;
	s->last_ns = time_ns;
	ds_perfetto_begin(t, "b", kind == DS_LANE_CLAIM ? "claim" : "bracket", s->name, time_ns);
	put_id(t, b, kind == DS_LANE_CLAIM ? ".c" : ".b", lane);
	fprintf(t->out, ",\"args\":{\"thread\":%u,\"call\":", ev->tid);
	put_text(t->out, ds_trace_string(t->run->process[t->process].trace, (uint32_t)ev->d, call,
					 sizeof(call)));
	fputs("}}", t->out);
}

void ds_perfetto_close(struct ds_perfetto *t, struct ds_perfetto_buffer *b, enum ds_lane kind,
		       uint32_t actor, uint64_t key, uint64_t time_ns)
{
	int exact = -1, any = -1;

	for (unsigned i = 0; i < b->lanes[kind]; i++) {
		const struct ds_perfetto_slice *s = &b->lane[kind][i];

		if (!s->open)
			continue;
		if (any < 0 || s->sequence > b->lane[kind][any].sequence)
			any = (int)i;
		if (s->actor == actor && s->key == key &&
		    (exact < 0 || s->sequence > b->lane[kind][exact].sequence))
			exact = (int)i;
	}
	if (exact < 0 && kind == DS_LANE_BRACKET)
		exact = any;
	if (exact >= 0)
		put_end(t, b, kind, (unsigned)exact, time_ns);
}

void ds_perfetto_instant(struct ds_perfetto *t, const struct ds_event *ev, const char *name,
			 const struct ds_perfetto_buffer *b)
{
	ds_perfetto_begin(t, "i", "access", name, ev->time_ns);
	fprintf(t->out,
		",\"tid\":%u,\"s\":\"t\",\"args\":{\"buffer\":%u,\"offset\":%" PRIu64
		",\"length\":%" PRIu64 "}}",
		ev->tid, b->index, ev->type == DS_EV_ACCESS ? ev->a : 0,
		ev->type == DS_EV_ACCESS ? ev->b : 0);
}
