/* SPDX-License-Identifier: MIT */
/* The contract for scripts, schema "dmasan-findings/1": docs/json.md says what every key means. */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/json.h"

struct builder {
	struct ds_json json;
	const struct ds_run *run;
	/* by index of a buffer: of the next entry that is the same one, in a ring */
	uint32_t *next_same;
};

static void set(struct builder *b, json_t *object, const char *key, json_t *value)
{
	ds_json_set(&b->json, object, key, value);
}

static void append(struct builder *b, json_t *array, json_t *value)
{
	ds_json_append(&b->json, array, value);
}

static json_t *program(struct builder *b, const struct ds_run *run)
{
	json_t *o = json_object(), *argv = json_array();

	for (unsigned i = 0; i < run->argc; i++)
		append(b, argv, ds_json_text(run->argv[i]));
	set(b, o, "argv", argv);
	set(b, o, "exit_status", json_integer(run->exit_status));
	set(b, o, "pid", json_integer(run->pid));
	set(b, o, "loaded", json_boolean(run->loaded));
	return o;
}

static json_t *host(struct builder *b, const struct ds_run *run)
{
	json_t *o = json_object();

	set(b, o, "kernel", ds_json_text(run->kernel));
	set(b, o, "arch", ds_json_text(run->arch));
	return o;
}

/* `recorder`: what watched the process. */
static json_t *process(struct builder *b, const struct ds_run *part, int pid, const char *comm,
		       const char *recorder)
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
static void append_unloaded(struct builder *b, json_t *list, const struct ds_run *part)
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

static json_t *processes(struct builder *b)
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

static json_t *unknown_ioctls(struct builder *b)
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

static void append_names(struct builder *b, json_t *list, const char *const *name, unsigned n)
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
static json_t *effects(struct builder *b, const uint64_t *effect)
{
	json_t *o = json_object();

	set(b, o, "performed", ds_json_number(effect[DS_EFFECT_PERFORMED]));
	set(b, o, "elided", ds_json_number(effect[DS_EFFECT_ELIDED]));
	set(b, o, "no_operation", ds_json_number(effect[DS_EFFECT_NONE]));
	return o;
}

/* Sums over the run directories; enabled when each of them has its kernel's side. */
static json_t *kernel(struct builder *b)
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
static json_t *reguards(struct builder *b)
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

static void set_blind_spots(struct builder *b, json_t *coverage)
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

static json_t *coverage(struct builder *b, const struct ds_report_totals *t)
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

/* Entries that are the same buffer, in rings; NULL without memory. */
static uint32_t *rings_of(const struct ds_run *run)
{
	uint32_t *next = calloc(run->buffers + 1u, sizeof(*next)), *last, groups = 0;

	for (uint32_t i = 0; i < run->buffers; i++)
		groups = run->buffer[i].group > groups ? run->buffer[i].group : groups;
	last = calloc(groups + 1u, sizeof(*last)); /* index + 1 */
	for (uint32_t i = 0; next && last && i < run->buffers; i++) {
		uint32_t *at = &last[run->buffer[i].group];

		next[i] = *at && run->buffer[i].group ? next[*at - 1] : i;
		if (*at && run->buffer[i].group)
			next[*at - 1] = i;
		*at = i + 1;
	}
	if (!last) {
		free(next);
		next = NULL;
	}
	free(last);
	return next;
}

/* Where a thousand processes come and go with a buffer, a list for each of them would be a million. */
#define SHARED_LISTED 64

/* The entries of this list that are the same buffer in other processes: the next ones, in a ring. */
static json_t *shared_with(struct builder *b, uint32_t i)
{
	json_t *list = json_array();
	uint32_t k = b->next_same[i];

	for (unsigned n = 0; k != i && n < SHARED_LISTED; n++, k = b->next_same[k])
		append(b, list, ds_json_number(b->run->buffer[k].id));
	return list;
}

static json_t *buffer(struct builder *b, uint32_t i)
{
	const struct ds_run_buffer *rb = &b->run->buffer[i];
	bool v4l2 = rb->kind == DS_KIND_V4L2;
	json_t *o = json_object();
	char name[512];

	set(b, o, "id", ds_json_number(rb->id));
	set(b, o, "name", ds_json_text(ds_run_buffer_name(b->run, i, name, sizeof(name))));
	set(b, o, "inode", ds_json_number(rb->inode));
	set(b, o, "kind", ds_json_text(ds_kind_name(rb->kind)));
	set(b, o, "exporter", ds_json_text(rb->exporter));
	set(b, o, "size", ds_json_number(rb->size));
	set(b, o, "created_ns", ds_json_number(rb->created_ns));
	set(b, o, "pid", json_integer(b->run->process[rb->process].pid));
	set(b, o, "run", ds_json_text(ds_run_part(b->run, b->run->process[rb->process].part)->dir));
	set(b, o, "device", ds_json_text(rb->device));
	set(b, o, "index", json_integer(v4l2 ? (json_int_t)DS_IDENTITY_INDEX(rb->identity) : -1));
	set(b, o, "plane", json_integer(v4l2 ? (json_int_t)DS_IDENTITY_PLANE(rb->identity) : -1));
	set(b, o, "group", json_integer(rb->group));
	set(b, o, "shared_with", shared_with(b, i));
	return o;
}

static json_t *stack(struct builder *b, const struct ds_stack *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->frames; i++) {
		const struct ds_frame *f = &s->frame[i];
		json_t *o = json_object();

		set(b, o, "module", ds_json_text(f->module));
		set(b, o, "build_id", ds_json_text(f->build_id));
		set(b, o, "offset", ds_json_hex(f->offset));
		set(b, o, "function", ds_json_text(f->function));
		set(b, o, "file", ds_json_text(f->file));
		set(b, o, "line", json_integer(f->line));
		append(b, list, o);
	}
	return list;
}

static json_t *access_site(struct builder *b, const struct ds_finding *f)
{
	json_t *o = json_object();

	set(b, o, "op", ds_json_text(f->op));
	set(b, o, "via", ds_json_text(f->access.what));
	set(b, o, "offset", ds_json_number(f->offset));
	set(b, o, "length", ds_json_number(f->length));
	set(b, o, "time_ns", ds_json_number(f->access.time_ns));
	set(b, o, "pid", json_integer(f->access.pid));
	set(b, o, "comm", ds_json_text(b->run->process[f->process].comm));
	set(b, o, "tid", json_integer(f->access.tid));
	set(b, o, "stack", stack(b, &f->access.stack));
	return o;
}

static json_t *prior_site(struct builder *b, const struct ds_finding *f)
{
	const struct ds_site *s = &f->prior;
	json_t *o = json_object();

	set(b, o, "event", ds_json_text(s->what));
	set(b, o, "time_ns", ds_json_number(s->time_ns));
	set(b, o, "pid", json_integer(s->pid));
	set(b, o, "comm", ds_json_text(s->slot ? b->run->process[f->prior_process].comm : ""));
	set(b, o, "tid", json_integer(s->tid));
	set(b, o, "stack", stack(b, &s->stack));
	return o;
}

static json_t *platforms(struct builder *b, const struct ds_platforms *p)
{
	json_t *o = json_object();

	set(b, o, "coherent", ds_json_text(p->coherent));
	set(b, o, "noncoherent", ds_json_text(p->noncoherent));
	set(b, o, "bounce", ds_json_text(p->bounce));
	return o;
}

static json_t *also(struct builder *b, uint64_t rules)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < DS_RULES; i++)
		if (rules >> i & 1)
			append(b, list, ds_json_text(ds_rule(i)->id));
	return list;
}

/* In which run directories a finding occurred, and how often. */
static json_t *seen_in(struct builder *b, const struct ds_finding *f)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ds_run_parts(b->run); i++) {
		json_t *o;

		if (!ds_finding_count_in(f, i))
			continue;
		o = json_object();
		set(b, o, "run", ds_json_text(ds_run_part(b->run, i)->dir));
		set(b, o, "count", ds_json_number(ds_finding_count_in(f, i)));
		append(b, list, o);
	}
	return list;
}

static json_t *excuse(struct builder *b, const struct ds_excuse *e)
{
	json_t *o = json_object();

	set(b, o, "kind", ds_json_text(e->kind));
	set(b, o, "name", ds_json_text(e->name));
	set(b, o, "file", ds_json_text(e->file));
	set(b, o, "line", json_integer(e->line));
	set(b, o, "reason", ds_json_text(e->reason));
	return o;
}

static json_t *consequence(struct builder *b, const struct ds_consequence *c)
{
	json_t *o = json_object();
	char text[256];

	set(b, o, "text", ds_json_text(ds_consequence_text(c, text, sizeof(text))));
	set(b, o, "times", ds_json_number(c->times));
	set(b, o, "frame", ds_json_number(c->frame));
	set(b, o, "differ", ds_json_number(c->differ));
	set(b, o, "lines", ds_json_number(c->lines));
	return o;
}

static json_t *coherency(struct builder *b, const struct ds_run *run)
{
	bool real = !*run->coherency;
	json_t *o = json_object();

	set(b, o, "policy", ds_json_text(real ? "real" : run->coherency));
	set(b, o, "seed", json_integer(real ? 0 : atoi(run->seed)));
	set(b, o, "shadowed", ds_json_number(run->shadows[DS_SHADOW_MADE]));
	set(b, o, "not_needed", ds_json_number(run->shadows[DS_SHADOW_NOT_NEEDED]));
	set(b, o, "refused", ds_json_number(run->shadows[DS_SHADOW_REFUSED]));
	return o;
}

static json_t *finding(struct builder *b, const struct ds_finding *f)
{
	const struct ds_rule *rule = ds_rule(f->rule);
	json_t *o = json_object();

	set(b, o, "rule", ds_json_text(rule->id));
	set(b, o, "severity", ds_json_text(ds_severity_name(f->severity)));
	set(b, o, "title", ds_json_text(rule->title));
	set(b, o, "token", ds_json_text(f->token));
	set(b, o, "count", ds_json_number(f->count));
	set(b, o, "first_ns", ds_json_number(f->first_ns));
	set(b, o, "buffer", ds_json_number(f->buffer + 1ull));
	set(b, o, "run", ds_json_text(ds_run_part(b->run, b->run->process[f->process].part)->dir));
	set(b, o, "runs", seen_in(b, f));
	set(b, o, "latent", json_boolean(f->latent));
	set(b, o, "also", also(b, f->also));
	set(b, o, "access", access_site(b, f));
	set(b, o, "prior", prior_site(b, f));
	set(b, o, "platforms", platforms(b, &f->platforms));
	if (f->consequence.what)
		set(b, o, "consequence", consequence(b, &f->consequence));
	set(b, o, "why", ds_json_text(rule->why));
	set(b, o, "fix", ds_json_text(rule->fix));
	if (f->excuse)
		set(b, o, "suppression", excuse(b, f->excuse));
	return o;
}

static json_t *statistics(struct builder *b, const struct ds_report_totals *t)
{
	json_t *o = json_object(), *events = json_object(), *findings = json_object();

	for (unsigned i = 1; i < DS_EV_MAX; i++)
		if (ds_event_name(i) && b->run->stats.events[i])
			set(b, events, ds_event_name(i), ds_json_number(b->run->stats.events[i]));
	for (int s = DS_ERROR; s >= DS_ADVICE; s--)
		set(b, findings, ds_severity_name((enum ds_severity)s),
		    ds_json_number(t->findings[s]));
	set(b, o, "events", events);
	set(b, o, "findings", findings);
	set(b, o, "hand_overs", ds_json_number(t->hand_overs));
	return o;
}

static json_t *runs(struct builder *b)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ds_run_parts(b->run); i++) {
		const struct ds_run *part = ds_run_part(b->run, i);
		json_t *o = json_object();
		unsigned n = 0;

		for (unsigned k = 0; k < b->run->findings; k++)
			n += ds_finding_count_in(b->run->finding[k], i) != 0;
		set(b, o, "run", ds_json_text(part->dir));
		set(b, o, "program", program(b, part));
		set(b, o, "host", host(b, part));
		set(b, o, "findings", json_integer(n));
		append(b, list, o);
	}
	return list;
}

static void set_findings(struct builder *b, json_t *doc)
{
	json_t *findings = json_array(), *suppressed = json_array(), *unused = json_array();

	for (unsigned i = 0; i < b->run->findings; i++)
		append(b, findings, finding(b, b->run->finding[i]));
	for (unsigned i = 0; i < b->run->suppresseds; i++)
		append(b, suppressed, finding(b, b->run->suppressed[i]));
	for (unsigned i = 0; i < b->run->unuseds; i++)
		append(b, unused, excuse(b, b->run->unused[i]));
	set(b, doc, "findings", findings);
	set(b, doc, "suppressed", suppressed);
	set(b, doc, "unused_suppressions", unused);
	set(b, doc, "baseline", json_integer(b->run->baseline_known));
	set(b, doc, "baseline_gone", json_integer(b->run->baseline_gone));
}

static json_t *document(struct builder *b)
{
	struct ds_report_totals t = ds_report_count(b->run);
	json_t *o = json_object(), *buffers = json_array();

	for (uint32_t i = 0; i < b->run->buffers; i++)
		append(b, buffers, buffer(b, i));
	set(b, o, "schema", ds_json_text("dmasan-findings/1"));
	set(b, o, "verdict", ds_json_text(ds_verdict_name(ds_run_verdict(b->run))));
	set(b, o, "run_dir", ds_json_text(b->run->dir));
	set(b, o, "program", program(b, b->run));
	set(b, o, "host", host(b, b->run));
	set(b, o, "runs", runs(b));
	set(b, o, "coherency", coherency(b, b->run));
	set(b, o, "coverage", coverage(b, &t));
	set(b, o, "buffers", buffers);
	set_findings(b, o);
	set(b, o, "statistics", statistics(b, &t));
	return o;
}

static int write_json(FILE *out, const struct ds_run *run, const struct ds_report_options *opt)
{
	struct builder b = {.run = run, .next_same = rings_of(run)};
	int r;

	(void)opt; /* the contract is complete: no colours, no cap */
	if (!b.next_same)
		return -ENOMEM;
	r = ds_json_write(&b.json, document(&b), out);
	free(b.next_same);
	return r;
}

const struct ds_report_ops ds_report_fmt_json = {
	.name = "json",
	.what = "for scripts: schema dmasan-findings/1, see docs/json.md",
	.extension = "json",
	.write = write_json,
};
