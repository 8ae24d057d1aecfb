/* SPDX-License-Identifier: MIT */
/*
 * The JSON trace format that Perfetto's viewer loads.
 *
 * Buffers overlap in time, and so do the claims and brackets of one buffer; slices of a thread may
 * not.  So everything with a duration is an asynchronous slice with an id of its own lane, opened
 * and closed in order.  What happens at a moment stands on its thread.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/perfetto.h"

/* ---- what has a duration ---- */

static void on_claim(struct ds_perfetto *t, struct ds_perfetto_buffer *b, const struct ds_event *ev)
{
	static const char *const uses[] = {"imported by", "read by", "written by",
					   "read and written by"};
	char path[512];

	/* queued again without a release that was seen: the newer claim replaces the older */
	ds_perfetto_close(t, b, DS_LANE_CLAIM, ev->actor, ev->a, ev->time_ns);
	ds_perfetto_open(t, b, DS_LANE_CLAIM, ev, uses[ev->b & 3],
			 ds_perfetto_device(t, ev->actor, path, sizeof(path)));
}

static void on_sync(struct ds_perfetto *t, struct ds_perfetto_buffer *b, const struct ds_event *ev)
{
	static const char *const rights[] = {"no access", "reading", "writing",
					     "reading and writing"};

	if (ev->result)
		ds_perfetto_instant(t, ev, "SYNC failed", b);
	else if (ev->flags & DS_EVF_END)
		ds_perfetto_close(t, b, DS_LANE_BRACKET, 0, ev->a & DS_RW, ev->time_ns);
	else
		ds_perfetto_open(t, b, DS_LANE_BRACKET, ev, "bracket for", rights[ev->a & DS_RW]);
}

static void on_access(struct ds_perfetto *t, struct ds_perfetto_buffer *b,
		      const struct ds_event *ev)
{
	static const char *const ops[] = {"access", "CPU reads", "CPU writes",
					  "CPU reads and writes"};

	ds_perfetto_instant(t, ev, ops[ev->flags & DS_RW], b);
}

static void on_event(struct ds_perfetto *t, const struct ds_event *ev)
{
	struct ds_perfetto_buffer *b = ds_perfetto_buffer(t, ev);

	if (!b)
		return;
	switch (ev->type) {
	case DS_EV_CLAIM: on_claim(t, b, ev); break;
	case DS_EV_RELEASE:
		ds_perfetto_close(t, b, DS_LANE_CLAIM, ev->actor, ev->a, ev->time_ns);
		break;
	case DS_EV_SYNC: on_sync(t, b, ev); break;
	case DS_EV_ACCESS: on_access(t, b, ev); break;
	default: break;
	}
}

/* ---- findings ---- */

/*
 * An arrow leads from one slice of a thread to another, so both ends get one: a nanosecond long,
 * because slices of one thread must not overlap.
 */
static void put_slice(struct ds_perfetto *t, const struct ds_site *site, const char *name,
		      const struct ds_finding *f)
{
	ds_perfetto_begin(t, "X", "finding", name, site->time_ns);
	fprintf(t->out, ",\"dur\":0.001,\"tid\":%d,\"args\":{\"token\":\"%s\",\"buffer\":%u}}",
		site->tid, f->token, t->run->buffer[f->buffer].id);
}

static void put_flow(struct ds_perfetto *t, const char *phase, const struct ds_site *site,
		     unsigned id)
{
	ds_perfetto_begin(t, phase, "finding", "forbids", site->time_ns);
	fprintf(t->out, ",\"tid\":%d,\"id\":%u%s,\"args\":{}}", site->tid, id,
		*phase == 'f' ? ",\"bp\":\"e\"" : "");
}

static void put_finding(struct ds_perfetto *t, const struct ds_finding *f, unsigned id)
{
	const struct ds_rule *rule = ds_rule(f->rule);
	char name[160];

	snprintf(name, sizeof(name), "%s %s", rule->id, rule->title);
	put_slice(t, &f->access, name, f);
	ds_perfetto_begin(t, "i", "finding", name, f->access.time_ns);
	fprintf(t->out,
		",\"tid\":%d,\"s\":\"p\",\"args\":{\"token\":\"%s\",\"severity\":\"%s\","
		"\"count\":%" PRIu64 "}}",
		f->access.tid, f->token, ds_severity_name(f->severity), f->count);
	if (!f->prior.slot)
		return;
	put_slice(t, &f->prior, f->prior.what, f);
	put_flow(t, "s", &f->prior, id);
	put_flow(t, "f", &f->access, id);
}

/* ---- a process ---- */

static int put_process(struct ds_perfetto *t, uint32_t process)
{
	struct ds_process *p = &t->run->process[process];
	struct ds_event ev;
	uint32_t slot;
	int r = ds_perfetto_start(t, process), more = 0;

	if (r)
		return r;
	ds_trace_rewind(p->trace);
	while ((more = ds_trace_next(p->trace, &ev, &slot)) > 0)
		on_event(t, &ev);
	for (unsigned i = 0; i < t->run->findings; i++)
		if (t->run->finding[i]->process == process)
			put_finding(t, t->run->finding[i], i + 1);
	ds_perfetto_end(t);
	return more;
}

static int write_perfetto(FILE *out, const struct ds_run *run, const struct ds_report_options *opt)
{
	struct ds_perfetto t = {.out = out, .run = run};
	int r = 0;

	(void)opt;
	fputs("{\"displayTimeUnit\":\"ns\",\"otherData\":{\"producer\":\"dmasan " DS_VERSION
	      "\"},\n\"traceEvents\":[",
	      out);
	for (uint32_t i = 0; i < run->processes && !r; i++)
		if (!run->process[i].launcher)
			r = put_process(&t, i);
	for (unsigned i = 0; i < ds_run_parts(run) && !r; i++)
		r = ds_perfetto_kernel(&t, i);
	fputs("\n]}\n", out);
	return r;
}

const struct ds_report_ops ds_report_fmt_perfetto = {
	.name = "perfetto",
	.what = "JSON trace for Perfetto's viewer: buffers, claims, brackets, accesses",
	.extension = "perfetto.json",
	.write = write_perfetto,
};
