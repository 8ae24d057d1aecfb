/* SPDX-License-Identifier: MIT */
/* The page's data about findings: both sites, what the rule says, frames and source lines. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"

#define FINDINGS 500 /* --max changes it */

/* ---- frames ---- */

static json_t *frame(struct ds_html *h, const struct ds_frame *f)
{
	json_t *o = json_object(), *source = ds_html_source(h, f);

	ds_html_set(h, o, "function", ds_html_text(f->function));
	ds_html_set(h, o, "file", ds_html_text(f->file));
	ds_html_set(h, o, "line", json_integer(f->line));
	ds_html_set(h, o, "module", ds_html_text(f->module));
	ds_html_set(h, o, "offset", ds_html_hex(f->offset));
	ds_html_set(h, o, "build_id", ds_html_text(f->build_id));
	if (source)
		ds_html_set(h, o, "source", source);
	return o;
}

/* Place of a frame in the list, where it stands once however many stacks it is in. */
static json_t *frame_number(struct ds_html *h, const struct ds_frame *f)
{
	json_t *at;
	char *key;

	/* module strings are unique by address within a part, names by module and offset */
	if (asprintf(&key, "%p+%" PRIx64 "@%u", (const void *)f->module, f->offset, f->line) < 0)
		return NULL;
	at = json_object_get(h->frame_index, key);
	if (!at) {
		ds_html_set(h, h->frame_index, key,
			    json_integer((json_int_t)json_array_size(h->frames)));
		ds_html_add(h, h->frames, frame(h, f));
		at = json_object_get(h->frame_index, key);
	}
	free(key);
	return json_incref(at);
}

static json_t *stack(struct ds_html *h, const struct ds_stack *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->frames; i++)
		ds_html_add(h, list, frame_number(h, &s->frame[i]));
	return list;
}

/* ---- sites ---- */

static json_t *site(struct ds_html *h, const struct ds_finding *f, const struct ds_site *s)
{
	json_t *o = json_object();

	ds_html_set(h, o, "what", ds_html_text(s->what));
	ds_html_set(h, o, "t", ds_html_number(ds_html_time(h, f->process, s->time_ns)));
	ds_html_set(h, o, "pid", json_integer(s->pid));
	ds_html_set(h, o, "tid", json_integer(s->tid));
	ds_html_set(h, o, "stack", stack(h, &s->stack));
	return o;
}

static json_t *device_of(struct ds_html *h, const struct ds_finding *f, uint32_t actor)
{
	const struct ds_process *p = &h->run->process[f->prior_process];
	const struct ds_device *d = ds_model_device(&p->model, actor);
	char path[512] = "";

	if (d)
		ds_trace_string(p->trace, d->path, path, sizeof(path));
	return ds_html_text(path);
}

/* What came first: the event's own words, from which the page makes a sentence. */
static json_t *prior(struct ds_html *h, const struct ds_finding *f)
{
	json_t *o = site(h, f, &f->prior);
	const char *error;
	struct ds_event ev = {0};

	ds_trace_event(h->run->process[f->prior_process].trace, f->prior.slot, &ev);
	error = ev.result ? strerrorname_np(ev.result) : NULL;
	ds_html_set(h, o, "event", ds_html_text(ds_event_name(ev.type)));
	ds_html_set(h, o, "device", device_of(h, f, ev.actor));
	ds_html_set(h, o, "use", json_integer(ev.type == DS_EV_CLAIM ? (json_int_t)(ev.b & 3) : 0));
	ds_html_set(h, o, "flags",
		    json_integer(ev.type == DS_EV_SYNC ? (json_int_t)(ev.a & DS_RW) : 0));
	ds_html_set(h, o, "error", ds_html_text(ev.result && !error ? "an unknown error" : error));
	return o;
}

/* ---- rules ---- */

static void need_rule(struct ds_html *h, unsigned number)
{
	const struct ds_rule *r = ds_rule(number);
	const struct ds_report_example *e = ds_report_example(r->id);
	json_t *o;

	if (json_object_get(h->rules, r->id))
		return;
	o = json_object();
	ds_html_set(h, o, "title", ds_html_text(r->title));
	ds_html_set(h, o, "why", ds_html_text(r->why));
	ds_html_set(h, o, "fix", ds_html_text(r->fix));
	ds_html_set(h, o, "wrong", ds_html_text(e ? e->wrong : ""));
	ds_html_set(h, o, "right", ds_html_text(e ? e->right : ""));
	ds_html_set(h, h->rules, r->id, o);
}

static json_t *also(struct ds_html *h, uint64_t rules)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < DS_RULES; i++) {
		if (!(rules >> i & 1))
			continue;
		need_rule(h, i);
		ds_html_add(h, list, json_string(ds_rule(i)->id));
	}
	return list;
}

static json_t *by_run(struct ds_html *h, const struct ds_finding *f)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ds_run_parts(h->run); i++)
		ds_html_add(h, list, ds_html_number(ds_finding_count_in(f, i)));
	return list;
}

/* ---- findings ---- */

static json_t *finding(struct ds_html *h, const struct ds_finding *f)
{
	json_t *o = json_object();

	need_rule(h, f->rule);
	ds_html_set(h, o, "rule", json_string(ds_rule(f->rule)->id));
	ds_html_set(h, o, "severity", json_string(ds_severity_name(f->severity)));
	ds_html_set(h, o, "token", ds_html_text(f->token));
	ds_html_set(h, o, "count", ds_html_number(f->count));
	ds_html_set(h, o, "counts", by_run(h, f));
	ds_html_set(h, o, "latent", json_boolean(f->latent));
	ds_html_set(h, o, "process", json_integer(f->process));
	ds_html_set(h, o, "buffer", json_integer(h->time->buffer[f->buffer].joined));
	ds_html_set(h, o, "named", json_integer(f->buffer));
	ds_html_set(h, o, "op", ds_html_text(f->op));
	ds_html_set(h, o, "use", json_integer(f->use));
	ds_html_set(h, o, "offset", ds_html_number(f->offset));
	ds_html_set(h, o, "length", ds_html_number(f->length));
	ds_html_set(h, o, "also", also(h, f->also));
	ds_html_set(h, o, "access", site(h, f, &f->access));
	if (f->prior.slot && f->prior.what)
		ds_html_set(h, o, "prior", prior(h, f));
	ds_html_set(h, o, "coherent", ds_html_text(f->platforms.coherent));
	ds_html_set(h, o, "noncoherent", ds_html_text(f->platforms.noncoherent));
	ds_html_set(h, o, "bounce", ds_html_text(f->platforms.bounce));
	return o;
}

static json_t *suppressed(struct ds_html *h)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < h->run->suppresseds && i < FINDINGS; i++) {
		const struct ds_finding *f = h->run->suppressed[i];
		json_t *o = json_object();

		need_rule(h, f->rule);
		ds_html_set(h, o, "rule", json_string(ds_rule(f->rule)->id));
		ds_html_set(h, o, "severity", json_string(ds_severity_name(f->severity)));
		ds_html_set(h, o, "token", ds_html_text(f->token));
		ds_html_set(h, o, "count", ds_html_number(f->count));
		ds_html_set(h, o, "kind", ds_html_text(f->excuse ? f->excuse->kind : ""));
		ds_html_set(h, o, "name", ds_html_text(f->excuse ? f->excuse->name : ""));
		ds_html_set(h, o, "reason", ds_html_text(f->excuse ? f->excuse->reason : ""));
		ds_html_add(h, list, o);
	}
	return list;
}

void ds_html_put_findings(struct ds_html *h, json_t *page)
{
	unsigned max = h->opt->max ? h->opt->max : FINDINGS;
	json_t *list = json_array();

	h->frames = json_array();
	h->frame_index = json_object();
	h->rules = json_object();
	for (unsigned i = 0; i < h->run->findings && i < max; i++)
		ds_html_add(h, list, finding(h, h->run->finding[i]));
	ds_html_set(h, page, "findings", list);
	ds_html_set(h, page, "findings_total", json_integer(h->run->findings));
	ds_html_set(h, page, "suppressed", suppressed(h));
	ds_html_set(h, page, "suppressed_total", json_integer(h->run->suppresseds));
	ds_html_set(h, page, "frames", h->frames);
	ds_html_set(h, page, "rules", h->rules);
	json_decref(h->frame_index);
}
