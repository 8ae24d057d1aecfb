/* SPDX-License-Identifier: MIT */
/* Writes stories as traces, and results as one line. */
#include "tests/unit/story.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

/* ---- rows to a trace ---- */

struct writer {
	struct unit_trace t;
	uint64_t base, late;
	uint32_t call;			 /* slot of a string */
	uint32_t stack[STORY_STEPS + 1]; /* slots of stacks, by label */
};

/* Where the stack of a row lies: rows without a label have one of their own. */
static uint32_t stack_of(struct writer *w, const struct ds_event *row, unsigned i)
{
	uint64_t frame[2] = {w->base + 0x100u * (row->stack ? row->stack : i + 1), w->base + 0x40};
	uint32_t slot = row->stack ? w->stack[row->stack] : 0;

	if (!slot)
		slot = unit_put_stack(&w->t, frame, 2);
	if (row->stack)
		w->stack[row->stack] = slot;
	return slot;
}

static void put_row(struct writer *w, const struct ds_event *row, unsigned i)
{
	struct ds_event ev = *row;

	ev.stack = stack_of(w, row, i);
	ev.tid = i + 1;
	ev.time_ns = w->late + (i + 1) * 1000;
	if (ev.type != DS_EV_ACCESS && ev.type != DS_EV_BUFFER &&
	    ds_event_field(ev.type, 3)[0] == '@')
		ev.d = w->call;
	ds_trace_put(&w->t.w, &ev);
}

static void put_module(struct writer *w, const char *path, bool unknown)
{
	struct ds_event ev = {.type = DS_EV_MODULE, .tid = 1};

	ev.a = w->base;
	ev.b = w->base + (unknown ? 1 : 0x10000);
	ev.c = w->base;
	ev.d = unit_put_string(&w->t, path);
	ds_trace_put(&w->t.w, &ev);
}

void story_write(const char *dir, const struct ds_event *step, const struct story_process *as)
{
	struct ds_trace_header proto = {.pid = as->pid ? as->pid : 1, .start_ns = 1};
	struct writer w = {.base = as->base ? as->base : 0x400000, .late = as->late};

	proto.features = DS_FEATURE_GUARD | DS_FEATURE_STACKS;
	proto.features |= as->observe ? DS_FEATURE_OBSERVE : 0;
	strcpy(proto.comm, "story");
	if (!UNIT_CHECK(!unit_trace_start(&w.t, dir, as->file ? as->file : "1.trace", &proto),
			"trace in %s", dir))
		return;
	put_module(&w, as->module ? as->module : "/usr/bin/story", as->unknown);
	w.call = unit_put_string(&w.t, "call");
	if (!as->module)
		CU_ASSERT_EQUAL(w.call, STORY_CALL);
	for (unsigned i = 0; i < STORY_STEPS && step[i].type; i++)
		put_row(&w, &step[i], i);
	atomic_store(&w.t.w.header->ended, !as->killed);
	unit_trace_finish(&w.t, true);
}

struct ds_run *story_run(const struct ds_event *step)
{
	return story_run_as(step, &(struct story_process){.file = NULL});
}

struct ds_run *story_run_as(const struct ds_event *step, const struct story_process *as)
{
	char dir[UNIT_PATH];
	struct ds_run *run = NULL;
	int r;

	unit_dir_make(dir);
	story_write(dir, step, as);
	r = ds_run_open(dir, &run);
	UNIT_CHECK(!r, "ds_run_open: %d", r);
	unit_dir_remove(dir);
	return run;
}

/* ---- a result to a line ---- */

struct line {
	char *at, *end;
};

__attribute__((format(printf, 2, 3))) static void put(struct line *l, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(l->at, (size_t)(l->end - l->at), format, args);
	va_end(args);
	l->at += n < l->end - l->at ? n : l->end - l->at - 1;
}

/* Name of the event at a slot, of whatever process. */
static const char *event_at(const struct ds_run *run, uint32_t process, uint32_t slot)
{
	struct ds_event ev;

	if (ds_trace_event(run->process[process].trace, slot, &ev))
		return "?";
	return ds_event_name(ev.type);
}

static void render(struct line *l, const struct ds_run *run, const struct ds_finding *f)
{
	put(l, "%s/%s%s", ds_rule(f->rule)->id, ds_severity_name(f->severity),
	    f->latent ? "~" : "");
	for (unsigned i = 0; i < DS_RULES; i++)
		if (f->also & 1ull << i)
			put(l, "+%s", ds_rule(i)->id);
	if (f->count != 1)
		put(l, "*%u", (unsigned)f->count);
	if (f->prior_process != f->process)
		put(l, "@%d", f->prior.pid);
	if (f->prior.slot)
		put(l, "<%s", event_at(run, f->prior_process, f->prior.slot));
}

const char *story_render(const struct ds_run *run, char *buf, size_t size)
{
	struct line l = {buf, buf + size};

	*buf = 0;
	for (unsigned i = 0; i < run->findings; i++) {
		put(&l, "%s", i ? " " : "");
		render(&l, run, run->finding[i]);
	}
	return buf;
}

void story_check(const struct story *story, unsigned stories)
{
	for (unsigned i = 0; i < stories; i++) {
		struct story_process as = {
			.observe = !strncmp(story[i].name, STORY_OBSERVED, strlen(STORY_OBSERVED))};
		struct ds_run *run = story_run_as(story[i].step, &as);
		char line[512];

		if (!run)
			continue;
		story_render(run, line, sizeof(line));
		UNIT_CHECK(!strcmp(line, story[i].expect), "%s: found \"%s\", expected \"%s\"",
			   story[i].name, line, story[i].expect);
		UNIT_CHECK(!run->process[0].torn, "%s: %u records are corrupt", story[i].name,
			   (unsigned)run->process[0].torn);
		ds_run_close(run);
	}
}
