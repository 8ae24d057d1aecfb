/* SPDX-License-Identifier: MIT */
/* The contract for scripts, schema "dmasan-findings/1": docs/json.md says what every key means. */
#include "report/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_parts.h"

static json_t *program(struct ds_json_builder *b, const struct ds_run *run)
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

static json_t *host(struct ds_json_builder *b, const struct ds_run *run)
{
	json_t *o = json_object();

	set(b, o, "kernel", ds_json_text(run->kernel));
	set(b, o, "arch", ds_json_text(run->arch));
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
static json_t *shared_with(struct ds_json_builder *b, uint32_t i)
{
	json_t *list = json_array();
	uint32_t k = b->next_same[i];

	for (unsigned n = 0; k != i && n < SHARED_LISTED; n++, k = b->next_same[k])
		append(b, list, ds_json_number(b->run->buffer[k].id));
	return list;
}

static json_t *buffer(struct ds_json_builder *b, uint32_t i)
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

static json_t *coherency(struct ds_json_builder *b, const struct ds_run *run)
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

static json_t *statistics(struct ds_json_builder *b, const struct ds_report_totals *t)
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

static json_t *runs(struct ds_json_builder *b)
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

static void set_findings(struct ds_json_builder *b, json_t *doc)
{
	json_t *findings = json_array(), *suppressed = json_array(), *unused = json_array();

	for (unsigned i = 0; i < b->run->findings; i++)
		append(b, findings, ds_json_finding(b, b->run->finding[i]));
	for (unsigned i = 0; i < b->run->suppresseds; i++)
		append(b, suppressed, ds_json_finding(b, b->run->suppressed[i]));
	for (unsigned i = 0; i < b->run->unuseds; i++)
		append(b, unused, ds_json_excuse(b, b->run->unused[i]));
	set(b, doc, "findings", findings);
	set(b, doc, "suppressed", suppressed);
	set(b, doc, "unused_suppressions", unused);
	set(b, doc, "baseline", json_integer(b->run->baseline_known));
	set(b, doc, "baseline_gone", json_integer(b->run->baseline_gone));
}

static json_t *document(struct ds_json_builder *b)
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
	set(b, o, "coverage", ds_json_coverage(b, &t));
	set(b, o, "buffers", buffers);
	set_findings(b, o);
	set(b, o, "statistics", statistics(b, &t));
	return o;
}

static int write_json(FILE *out, const struct ds_run *run, const struct ds_report_options *opt)
{
	struct ds_json_builder b = {.run = run, .next_same = rings_of(run)};
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
