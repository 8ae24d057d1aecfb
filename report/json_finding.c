/* SPDX-License-Identifier: MIT */
/* One element of "findings" or "suppressed" of the JSON report. */
#include <stdlib.h>
#include <string.h>

#include "report/json_parts.h"

static json_t *stack(struct ds_json_builder *b, const struct ds_stack *s)
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

static json_t *access_site(struct ds_json_builder *b, const struct ds_finding *f)
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

static json_t *prior_site(struct ds_json_builder *b, const struct ds_finding *f)
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

static json_t *platforms(struct ds_json_builder *b, const struct ds_platforms *p)
{
	json_t *o = json_object();

	set(b, o, "coherent", ds_json_text(p->coherent));
	set(b, o, "noncoherent", ds_json_text(p->noncoherent));
	set(b, o, "bounce", ds_json_text(p->bounce));
	return o;
}

static json_t *also(struct ds_json_builder *b, uint64_t rules)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < DS_RULES; i++)
		if (rules >> i & 1)
			append(b, list, ds_json_text(ds_rule(i)->id));
	return list;
}

/* In which run directories a finding occurred, and how often. */
static json_t *seen_in(struct ds_json_builder *b, const struct ds_finding *f)
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

json_t *ds_json_excuse(struct ds_json_builder *b, const struct ds_excuse *e)
{
	json_t *o = json_object();

	set(b, o, "kind", ds_json_text(e->kind));
	set(b, o, "name", ds_json_text(e->name));
	set(b, o, "file", ds_json_text(e->file));
	set(b, o, "line", json_integer(e->line));
	set(b, o, "reason", ds_json_text(e->reason));
	return o;
}

static json_t *consequence(struct ds_json_builder *b, const struct ds_consequence *c)
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

json_t *ds_json_finding(struct ds_json_builder *b, const struct ds_finding *f)
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
		set(b, o, "suppression", ds_json_excuse(b, f->excuse));
	return o;
}
