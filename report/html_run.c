/* SPDX-License-Identifier: MIT */
/* The page's data about the run as a whole: verdict, blind spots, environment, coverage. */
#include <stdlib.h>

#include "report/html.h"

static json_t *argv_of(struct ds_html *h, const struct ds_run *part)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < part->argc && i < 256; i++)
		ds_html_add(h, list, ds_html_text(part->argv[i]));
	return list;
}

/* When recording began, by the clock of the recorded machine: seconds since 1970, 0 = unknown. */
static uint64_t recorded(const struct ds_run *run, unsigned part)
{
	uint64_t first = 0;

	for (unsigned i = 0; i < run->processes; i++) {
		uint64_t ns = ds_trace_header(run->process[i].trace)->start_real_ns;

		if (run->process[i].part == part && ns && (!first || ns < first))
			first = ns;
	}
	return first / 1000000000;
}

static json_t *runs(struct ds_html *h)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < ds_run_parts(h->run); i++) {
		const struct ds_run *part = ds_run_part(h->run, i);
		json_t *o = json_object();

		ds_html_set(h, o, "dir", ds_html_text(part->dir));
		ds_html_set(h, o, "argv", argv_of(h, part));
		ds_html_set(h, o, "pid", json_integer(part->pid));
		ds_html_set(h, o, "exit_status", json_integer(part->exit_status));
		ds_html_set(h, o, "loaded", json_boolean(part->loaded));
		ds_html_set(h, o, "kernel", ds_html_text(part->kernel));
		ds_html_set(h, o, "arch", ds_html_text(part->arch));
		ds_html_set(h, o, "options", ds_html_text(part->options));
		ds_html_set(h, o, "recorded", ds_html_number(recorded(h->run, i)));
		ds_html_add(h, list, o);
	}
	return list;
}

static json_t *features(struct ds_html *h, uint64_t set)
{
	static const char *const names[] = {"guard", "every", "observe", "stacks", "forked"};
	json_t *list = json_array();

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (set >> i & 1)
			ds_html_add(h, list, json_string(names[i]));
	return list;
}

static json_t *processes(struct ds_html *h)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < h->run->processes; i++) {
		const struct ds_process *p = &h->run->process[i];
		json_t *o = json_object();

		ds_html_set(h, o, "pid", json_integer(p->pid));
		ds_html_set(h, o, "ppid", json_integer(p->ppid));
		ds_html_set(h, o, "comm", ds_html_text(p->comm));
		ds_html_set(h, o, "run", json_integer(p->part));
		ds_html_set(h, o, "launcher", json_boolean(p->launcher));
		ds_html_set(h, o, "ended", json_boolean(p->ended));
		ds_html_set(h, o, "exit_status", json_integer(p->exit_status));
		ds_html_set(h, o, "features", features(h, p->features));
		ds_html_set(h, o, "events", ds_html_number(p->events));
		ds_html_set(h, o, "lost", ds_html_number(p->lost + p->missed));
		ds_html_set(h, o, "unguarded", ds_html_number(p->unguarded));
		ds_html_set(h, o, "efaults", ds_html_number(p->efaults));
		ds_html_add(h, list, o);
	}
	return list;
}

static json_t *unknown_ioctls(struct ds_html *h)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < h->run->unknowns; i++) {
		const struct ds_unknown_ioctl *u = &h->run->unknown[i];
		json_t *o = json_object();

		ds_html_set(h, o, "request", ds_html_hex(u->request));
		ds_html_set(h, o, "fd_kind", ds_html_text(u->fd_kind));
		ds_html_set(h, o, "count", ds_html_number(u->count));
		ds_html_add(h, list, o);
	}
	return list;
}

static json_t *blind_spots(struct ds_html *h)
{
	unsigned n;
	struct ds_blind *blind = ds_report_blind_groups(h->run, &n);
	json_t *list = json_array();

	h->failed |= !blind;
	for (unsigned i = 0; blind && i < n && i < 1000; i++) {
		json_t *o = json_object();

		ds_html_set(h, o, "text", ds_html_text(blind[i].text));
		ds_html_set(h, o, "taints", json_boolean(blind[i].taints));
		ds_html_add(h, list, o);
	}
	free(blind);
	return list;
}

static json_t *totals(struct ds_html *h)
{
	struct ds_report_totals t = ds_report_count(h->run);
	json_t *o = json_object();

	for (int s = DS_ERROR; s >= DS_ADVICE; s--)
		ds_html_set(h, o, ds_severity_name((enum ds_severity)s),
			    ds_html_number(t.findings[s]));
	ds_html_set(h, o, "bad_buffers", json_integer(t.bad_buffers));
	ds_html_set(h, o, "buffers", ds_html_number(h->run->buffers));
	ds_html_set(h, o, "processes", json_integer(t.processes));
	ds_html_set(h, o, "hand_overs", ds_html_number(t.hand_overs));
	ds_html_set(h, o, "events", ds_html_number(t.events));
	ds_html_set(h, o, "lost", ds_html_number(t.lost));
	ds_html_set(h, o, "unguarded", ds_html_number(t.unguarded));
	ds_html_set(h, o, "efaults", ds_html_number(t.efaults));
	return o;
}

static json_t *events(struct ds_html *h)
{
	json_t *o = json_object();

	for (unsigned i = 1; i < DS_EV_MAX; i++)
		if (ds_event_name(i) && h->run->stats.events[i])
			ds_html_set(h, o, ds_event_name(i),
				    ds_html_number(h->run->stats.events[i]));
	return o;
}

void ds_html_put_run(struct ds_html *h, json_t *page)
{
	ds_html_set(h, page, "schema", json_string("dmasan-page/1"));
	ds_html_set(h, page, "version", json_string(DS_VERSION));
	ds_html_set(h, page, "verdict", json_string(ds_verdict_name(ds_run_verdict(h->run))));
	ds_html_set(h, page, "tainted", json_boolean(ds_report_tainted(h->run)));
	ds_html_set(h, page, "totals", totals(h));
	ds_html_set(h, page, "runs", runs(h));
	ds_html_set(h, page, "blind", blind_spots(h));
	ds_html_set(h, page, "processes", processes(h));
	ds_html_set(h, page, "unknown_ioctls", unknown_ioctls(h));
	ds_html_set(h, page, "events", events(h));
	ds_html_set(h, page, "length", ds_html_number(h->time->length_ns));
}
