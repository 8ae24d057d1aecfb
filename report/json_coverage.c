/* SPDX-License-Identifier: MIT */
/* The key "coverage" of the JSON report: who was watched, and what could not be seen. */
#include <stdlib.h>
#include <string.h>

#include "report/json_parts.h"

/* `recorder`: what watched the process. */
static json_t *process(struct ds_json_builder *b, const struct ds_run *part, int pid,
		       const char *comm, const char *recorder)
{
	json_t *o = json_object();

	set(b, o, "pid", json_integer(pid));
	set(b, o, "comm", ds_json_text(comm));
	set(b, o, "loaded", json_boolean(!strcmp(recorder, "library")));
	set(b, o, "recorder", ds_json_text(recorder));
	set(b, o, "run", ds_json_text(part->dir));
	return o;
}

/* Processes of a part that the library was not in: those that the kernel's side saw, and the program. */
static void append_unloaded(struct ds_json_builder *b, json_t *list, const struct ds_run *part)
{
	bool seen = part->loaded || part->kernel_side.system;

	for (unsigned i = 0; i < part->kernel_side.users; i++) {
		const struct ds_kernel_user *u = &part->kernel_side.user[i];

		if (u->loaded)
			continue;
		append(b, list, process(b, part, u->pid, u->comm, "kernel"));
		seen |= u->pid == part->pid;
	}
	if (!seen)
		append(b, list, process(b, part, part->pid, "", "none"));
}

static json_t *processes(struct ds_json_builder *b)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ds_run_parts(b->run); i++)
		append_unloaded(b, list, ds_run_part(b->run, i));
	for (unsigned i = 0; i < b->run->processes; i++) {
		const struct ds_process *p = &b->run->process[i];

		if (!p->launcher)
			append(b, list,
			       process(b, ds_run_part(b->run, p->part), p->pid, p->comm,
				       "library"));
	}
	return list;
}

static json_t *unknown_ioctls(struct ds_json_builder *b)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < b->run->unknowns; i++) {
		const struct ds_unknown_ioctl *u = &b->run->unknown[i];
		json_t *o = json_object();

		set(b, o, "request", ds_json_hex(u->request));
		set(b, o, "fd_kind", ds_json_text(u->fd_kind));
		set(b, o, "count", ds_json_number(u->count));
		append(b, list, o);
	}
	return list;
}

static void append_names(struct ds_json_builder *b, json_t *list, const char *const *name,
			 unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		size_t k = 0;

		while (k < json_array_size(list) &&
		       strcmp(json_string_value(json_array_get(list, k)), name[i]))
			k++;
		if (k == json_array_size(list))
			append(b, list, ds_json_text(name[i]));
	}
}

/* What SYNC calls led to, in all processes that the kernel saw. */
static json_t *effects(struct ds_json_builder *b, const uint64_t *effect)
{
	json_t *o = json_object();

	set(b, o, "performed", ds_json_number(effect[DS_EFFECT_PERFORMED]));
	set(b, o, "elided", ds_json_number(effect[DS_EFFECT_ELIDED]));
	set(b, o, "no_operation", ds_json_number(effect[DS_EFFECT_NONE]));
	return o;
}

/* Sums over the run directories; enabled when each of them has its kernel's side. */
static json_t *kernel(struct ds_json_builder *b)
{
	json_t *o = json_object(), *attached = json_array(), *missing = json_array();
	uint64_t attach = 0, record = 0;
	uint64_t lost = 0, unseen = 0, events = 0, bounced = 0, effect[DS_EFFECT_NONE + 1] = {0};
	bool enabled = true, complete = true;
	const char *reason = "";

	for (unsigned i = 0; i < ds_run_parts(b->run); i++) {
		const struct ds_kernel_side *s = &ds_run_part(b->run, i)->kernel_side;

		enabled &= s->recorded;
		complete &= s->complete;
		reason = s->failed && *s->failed ? s->failed : reason;
		lost += s->lost;
		unseen += s->unseen;
		events += s->events;
		bounced += s->bounced;
		attach += s->attach_ns;
		record += s->record_ns;
		for (unsigned k = 0; k <= DS_EFFECT_NONE; k++)
			effect[k] += s->effect[k];
		append_names(b, attached, s->attached, s->attacheds);
		append_names(b, missing, s->missing, s->missings);
	}
	set(b, o, "enabled", json_boolean(enabled));
	set(b, o, "attached", attached);
	set(b, o, "missing", missing);
	set(b, o, "lost_events", ds_json_number(lost));
	set(b, o, "unseen_by_preload", ds_json_number(unseen));
	set(b, o, "complete", json_boolean(complete));
	set(b, o, "reason", ds_json_text(reason));
	set(b, o, "events", ds_json_number(events));
	set(b, o, "sync", effects(b, effect));
	set(b, o, "bounced_bytes", ds_json_number(bounced));
	set(b, o, "attach_cpu_ns", ds_json_number(attach));
	set(b, o, "record_cpu_ns", ds_json_number(record));
	return o;
}

/* How long hand-overs in other processes took to reach the guard, in ns. */
static json_t *reguards(struct ds_json_builder *b)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ds_run_parts(b->run); i++) {
		const struct ds_latency *l = ds_run_part(b->run, i)->reguards;
		json_t *o;

		if (!l)
			continue;
		o = json_object();
		set(b, o, "run", ds_json_text(ds_run_part(b->run, i)->dir));
		set(b, o, "count", ds_json_number(l->count));
		set(b, o, "median_ns", ds_json_number(ds_latency_quantile(l, 50)));
		set(b, o, "p99_ns", ds_json_number(ds_latency_quantile(l, 99)));
		set(b, o, "max_ns", ds_json_number(l->max));
		append(b, list, o);
	}
	return list;
}

static void set_blind_spots(struct ds_json_builder *b, json_t *coverage)
{
	unsigned n;
	struct ds_blind *blind = ds_report_blind_spots(b->run, &n);
	json_t *taints = json_array(), *spots = json_array();

	b->json.failed |= !blind;
	for (unsigned i = 0; blind && i < n; i++)
		append(b, blind[i].taints ? taints : spots, ds_json_text(blind[i].text));
	set(b, coverage, "tainted", json_boolean(json_array_size(taints)));
	set(b, coverage, "taints", taints);
	set(b, coverage, "blind_spots", spots);
	free(blind);
}

json_t *ds_json_coverage(struct ds_json_builder *b, const struct ds_report_totals *t)
{
	json_t *o = json_object();

	set(b, o, "processes", processes(b));
	set(b, o, "events", ds_json_number(t->events));
	set(b, o, "lost_events", ds_json_number(t->lost));
	set(b, o, "unguarded_mappings", ds_json_number(t->unguarded));
	set(b, o, "unexplained_efaults", ds_json_number(t->efaults));
	set(b, o, "unknown_ioctls", unknown_ioctls(b));
	set(b, o, "kernel", kernel(b));
	set(b, o, "reguards", reguards(b));
	set_blind_spots(b, o);
	return o;
}
