/* SPDX-License-Identifier: MIT */
/* The contract for scripts, schema "dmasan-findings/1": docs/json.md says what every key means. */
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>

#include "report/text.h"

/*
 * Building never checks single steps: a failed json_*() gives NULL, json_object_set_new() refuses
 * it and `failed` remembers, so that a document is written whole or not at all.
 */
struct builder {
	const struct ds_run *run;
	bool failed;
};

static void set(struct builder *b, json_t *object, const char *key, json_t *value)
{
	if (json_object_set_new(object, key, value))
		b->failed = true;
}

static void append(struct builder *b, json_t *array, json_t *value)
{
	if (json_array_append_new(array, value))
		b->failed = true;
}

static json_t *text(const char *s)
{
	char *valid = ds_text_utf8(s ? s : "");
	json_t *value = valid ? json_string(valid) : NULL;

	free(valid);
	return value;
}

static json_t *number(uint64_t n)
{
	return json_integer(n > INT64_MAX ? INT64_MAX : (json_int_t)n);
}

static json_t *hex(uint64_t n)
{
	char buf[24];

	snprintf(buf, sizeof(buf), "0x%" PRIx64, n);
	return json_string(buf);
}

static json_t *program(struct builder *b)
{
	json_t *o = json_object(), *argv = json_array();

	for (unsigned i = 0; i < b->run->argc; i++)
		append(b, argv, text(b->run->argv[i]));
	set(b, o, "argv", argv);
	set(b, o, "exit_status", json_integer(b->run->exit_status));
	set(b, o, "pid", json_integer(b->run->pid));
	set(b, o, "loaded", json_boolean(b->run->loaded));
	return o;
}

static json_t *host(struct builder *b)
{
	json_t *o = json_object();

	set(b, o, "kernel", text(b->run->kernel));
	set(b, o, "arch", text(b->run->arch));
	return o;
}

static json_t *process(struct builder *b, int pid, const char *comm, bool loaded)
{
	json_t *o = json_object();

	set(b, o, "pid", json_integer(pid));
	set(b, o, "comm", text(comm));
	set(b, o, "loaded", json_boolean(loaded));
	return o;
}

static json_t *processes(struct builder *b)
{
	json_t *list = json_array();

	if (!b->run->loaded)
		append(b, list, process(b, b->run->pid, "", false));
	for (unsigned i = 0; i < b->run->processes; i++) {
		const struct ds_process *p = &b->run->process[i];

		if (!p->launcher)
			append(b, list, process(b, p->pid, p->comm, true));
	}
	return list;
}

static json_t *unknown_ioctls(struct builder *b)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < b->run->unknowns; i++) {
		const struct ds_unknown_ioctl *u = &b->run->unknown[i];
		json_t *o = json_object();

		set(b, o, "request", hex(u->request));
		set(b, o, "fd_kind", text(u->fd_kind));
		set(b, o, "count", number(u->count));
		append(b, list, o);
	}
	return list;
}

/* No kernel side is recorded by this version. */
static json_t *kernel(struct builder *b)
{
	json_t *o = json_object();

	set(b, o, "enabled", json_false());
	set(b, o, "attached", json_array());
	set(b, o, "missing", json_array());
	set(b, o, "lost_events", json_integer(0));
	set(b, o, "unseen_by_preload", json_integer(0));
	return o;
}

static void set_blind_spots(struct builder *b, json_t *coverage)
{
	unsigned room = ds_run_blind_spots(b->run, NULL, 0);
	struct ds_blind *blind = calloc(room + 1u, sizeof(*blind));
	json_t *taints = json_array(), *spots = json_array();
	unsigned n = blind ? ds_run_blind_spots(b->run, blind, room) : 0;

	b->failed |= !blind;
	for (unsigned i = 0; i < n && i < room; i++)
		append(b, blind[i].taints ? taints : spots, text(blind[i].text));
	set(b, coverage, "tainted", json_boolean(json_array_size(taints)));
	set(b, coverage, "taints", taints);
	set(b, coverage, "blind_spots", spots);
	free(blind);
}

static json_t *coverage(struct builder *b, const struct ds_report_totals *t)
{
	json_t *o = json_object();

	set(b, o, "processes", processes(b));
	set(b, o, "events", number(t->events));
	set(b, o, "lost_events", number(t->lost));
	set(b, o, "unguarded_mappings", number(t->unguarded));
	set(b, o, "unexplained_efaults", number(t->efaults));
	set(b, o, "unknown_ioctls", unknown_ioctls(b));
	set(b, o, "kernel", kernel(b));
	set_blind_spots(b, o);
	return o;
}

static json_t *buffer(struct builder *b, uint32_t i)
{
	const struct ds_run_buffer *rb = &b->run->buffer[i];
	bool v4l2 = rb->kind == DS_KIND_V4L2;
	json_t *o = json_object();
	char name[512];

	set(b, o, "id", number(rb->id));
	set(b, o, "name", text(ds_run_buffer_name(b->run, i, name, sizeof(name))));
	set(b, o, "inode", number(rb->inode));
	set(b, o, "kind", text(ds_kind_name(rb->kind)));
	set(b, o, "exporter", text(rb->exporter));
	set(b, o, "size", number(rb->size));
	set(b, o, "created_ns", number(rb->created_ns));
	set(b, o, "pid", json_integer(b->run->process[rb->process].pid));
	set(b, o, "device", text(rb->device));
	set(b, o, "index", json_integer(v4l2 ? (json_int_t)DS_IDENTITY_INDEX(rb->identity) : -1));
	set(b, o, "plane", json_integer(v4l2 ? (json_int_t)DS_IDENTITY_PLANE(rb->identity) : -1));
	return o;
}

static json_t *stack(struct builder *b, const struct ds_stack *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->frames; i++) {
		const struct ds_frame *f = &s->frame[i];
		json_t *o = json_object();

		set(b, o, "module", text(f->module));
		set(b, o, "build_id", text(f->build_id));
		set(b, o, "offset", hex(f->offset));
		set(b, o, "function", text(f->function));
		set(b, o, "file", text(f->file));
		set(b, o, "line", json_integer(f->line));
		append(b, list, o);
	}
	return list;
}

static json_t *access_site(struct builder *b, const struct ds_finding *f)
{
	json_t *o = json_object();

	set(b, o, "op", text(f->op));
	set(b, o, "via", text(f->access.what));
	set(b, o, "offset", number(f->offset));
	set(b, o, "length", number(f->length));
	set(b, o, "time_ns", number(f->access.time_ns));
	set(b, o, "pid", json_integer(f->access.pid));
	set(b, o, "tid", json_integer(f->access.tid));
	set(b, o, "stack", stack(b, &f->access.stack));
	return o;
}

static json_t *prior_site(struct builder *b, const struct ds_site *s)
{
	json_t *o = json_object();

	set(b, o, "event", text(s->what));
	set(b, o, "time_ns", number(s->time_ns));
	set(b, o, "pid", json_integer(s->pid));
	set(b, o, "tid", json_integer(s->tid));
	set(b, o, "stack", stack(b, &s->stack));
	return o;
}

static json_t *platforms(struct builder *b, const struct ds_platforms *p)
{
	json_t *o = json_object();

	set(b, o, "coherent", text(p->coherent));
	set(b, o, "noncoherent", text(p->noncoherent));
	set(b, o, "bounce", text(p->bounce));
	return o;
}

static json_t *also(struct builder *b, uint64_t rules)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < DS_RULES; i++)
		if (rules >> i & 1)
			append(b, list, text(ds_rule(i)->id));
	return list;
}

static json_t *finding(struct builder *b, const struct ds_finding *f)
{
	const struct ds_rule *rule = ds_rule(f->rule);
	json_t *o = json_object();

	set(b, o, "rule", text(rule->id));
	set(b, o, "severity", text(ds_severity_name(f->severity)));
	set(b, o, "title", text(rule->title));
	set(b, o, "token", text(f->token));
	set(b, o, "count", number(f->count));
	set(b, o, "first_ns", number(f->first_ns));
	set(b, o, "buffer", number(f->buffer + 1ull));
	set(b, o, "latent", json_boolean(f->latent));
	set(b, o, "also", also(b, f->also));
	set(b, o, "access", access_site(b, f));
	set(b, o, "prior", prior_site(b, &f->prior));
	set(b, o, "platforms", platforms(b, &f->platforms));
	set(b, o, "why", text(rule->why));
	set(b, o, "fix", text(rule->fix));
	return o;
}

static json_t *statistics(struct builder *b, const struct ds_report_totals *t)
{
	json_t *o = json_object(), *events = json_object(), *findings = json_object();

	for (unsigned i = 1; i < DS_EV_MAX; i++)
		if (ds_event_name(i) && b->run->stats.events[i])
			set(b, events, ds_event_name(i), number(b->run->stats.events[i]));
	for (int s = DS_ERROR; s >= DS_ADVICE; s--)
		set(b, findings, ds_severity_name((enum ds_severity)s), number(t->findings[s]));
	set(b, o, "events", events);
	set(b, o, "findings", findings);
	set(b, o, "hand_overs", number(t->hand_overs));
	return o;
}

static json_t *document(struct builder *b)
{
	struct ds_report_totals t = ds_report_count(b->run);
	json_t *o = json_object(), *buffers = json_array(), *findings = json_array();

	for (uint32_t i = 0; i < b->run->buffers; i++)
		append(b, buffers, buffer(b, i));
	for (unsigned i = 0; i < b->run->findings; i++)
		append(b, findings, finding(b, b->run->finding[i]));
	set(b, o, "schema", text("dmasan-findings/1"));
	set(b, o, "verdict", text(ds_verdict_name(ds_run_verdict(b->run))));
	set(b, o, "run_dir", text(b->run->dir));
	set(b, o, "program", program(b));
	set(b, o, "host", host(b));
	set(b, o, "coverage", coverage(b, &t));
	set(b, o, "buffers", buffers);
	set(b, o, "findings", findings);
	set(b, o, "suppressed", json_array());
	set(b, o, "statistics", statistics(b, &t));
	return o;
}

static int write_json(FILE *out, const struct ds_run *run, const struct ds_report_options *opt)
{
	struct builder b = {.run = run};
	json_t *doc = document(&b);
	int r = b.failed ? -ENOMEM : 0;

	(void)opt; /* the contract is complete: no colours, no cap */
	if (!r && !json_dumpf(doc, out, JSON_INDENT(2) | JSON_ENSURE_ASCII))
		fputc('\n', out);
	json_decref(doc);
	return r;
}

const struct ds_report_ops ds_report_fmt_json = {
	.name = "json",
	.what = "for scripts: schema dmasan-findings/1, see docs/json.md",
	.extension = "json",
	.write = write_json,
};
