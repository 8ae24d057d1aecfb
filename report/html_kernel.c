/* SPDX-License-Identifier: MIT */
/* The page's data about the kernel's side: which probes watched, what they saw, what they lost. */
#include "report/html.h"

#define MAX_USERS 200

static json_t *names(struct ds_html *h, const char *const *name, unsigned n)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		ds_html_add(h, list, ds_html_text(name[i]));
	return list;
}

/* Whom the kernel saw at buffers: the first ones. */
static json_t *users(struct ds_html *h, const struct ds_kernel_side *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < s->users && i < MAX_USERS; i++) {
		json_t *o = json_object();

		ds_html_set(h, o, "pid", json_integer(s->user[i].pid));
		ds_html_set(h, o, "comm", ds_html_text(s->user[i].comm));
		ds_html_set(h, o, "loaded", json_boolean(s->user[i].loaded));
		ds_html_set(h, o, "events", ds_html_number(s->user[i].events));
		ds_html_add(h, list, o);
	}
	return list;
}

static json_t *effects(struct ds_html *h, const struct ds_kernel_side *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i <= DS_EFFECT_NONE; i++)
		ds_html_add(h, list, ds_html_number(s->effect[i]));
	return list;
}

static json_t *side(struct ds_html *h, const struct ds_kernel_side *s)
{
	json_t *o = json_object();

	ds_html_set(h, o, "recorded", json_boolean(s->recorded));
	ds_html_set(h, o, "failed", ds_html_text(s->failed));
	ds_html_set(h, o, "complete", json_boolean(s->complete));
	ds_html_set(h, o, "attached", names(h, s->attached, s->attacheds));
	ds_html_set(h, o, "missing", names(h, s->missing, s->missings));
	ds_html_set(h, o, "events", ds_html_number(s->events));
	ds_html_set(h, o, "lost", ds_html_number(s->lost + s->bad + s->late));
	ds_html_set(h, o, "unseen", ds_html_number(s->unseen));
	ds_html_set(h, o, "effects", effects(h, s));
	ds_html_set(h, o, "bounced", ds_html_number(s->bounced));
	ds_html_set(h, o, "users_total", ds_html_number(s->users));
	ds_html_set(h, o, "users", users(h, s));
	return o;
}

void ds_html_put_kernel(struct ds_html *h, json_t *page)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ds_run_parts(h->run); i++)
		ds_html_add(h, list, side(h, &ds_run_part(h->run, i)->kernel_side));
	ds_html_set(h, page, "kernel", list);
}
