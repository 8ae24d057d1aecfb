/* SPDX-License-Identifier: MIT */
/*
 * SARIF 2.1.0: one run, one result per token.
 *
 * GitHub takes at most 25,000 results of a run and tells two uploads apart by the fingerprint; the
 * worst findings come first, and a notification says how many were left out.
 */
#include <stdlib.h>
#include <string.h>

#include "report/history.h"
#include "report/place.h"
#include "report/sarif.h"

#define MAX_RESULTS 25000
#define MAX_DEEP    1000 /* results with more of their history than the last hand-over */

static void set(struct ds_sarif *s, json_t *object, const char *key, json_t *value)
{
	ds_json_set(&s->json, object, key, value);
}

/* ---- one result ---- */

static json_t *flow_step(struct ds_sarif *s, json_t *location, uint64_t time_ns, uint64_t start_ns)
{
	json_t *o = json_object(), *properties = json_object();

	set(s, o, "location", location);
	set(s, properties, "nanosecondsAfterStart",
	    ds_json_number(time_ns > start_ns ? time_ns - start_ns : 0));
	set(s, o, "properties", properties);
	return o;
}

static void add_history(struct ds_sarif *s, json_t *steps, const struct ds_finding *f,
			const struct ds_history *h)
{
	uint64_t start = s->run->process[f->process].start_ns;

	for (unsigned i = 0; i < h->steps; i++) {
		const struct ds_history_step *step = &h->step[i];
		char *sentence = ds_history_sentence(s->run, f->process, step);

		ds_json_append(&s->json, steps,
			       flow_step(s, ds_sarif_location(s, &step->site.stack, sentence),
					 step->ev.time_ns, start));
		free(sentence);
	}
}

static bool has_step(const struct ds_history *h, uint32_t slot)
{
	for (unsigned i = 0; i < h->steps; i++)
		if (h->step[i].slot == slot)
			return true;
	return false;
}

/* The ownership history as the platform shows a path: hand-overs, then the access. */
static json_t *code_flows(struct ds_sarif *s, const struct ds_finding *f,
			  const struct ds_history *h, const char *sentence)
{
	json_t *steps = json_array(), *thread = json_object(), *threads = json_array();
	json_t *flow = json_object(), *flows = json_array();
	uint64_t start = s->run->process[f->process].start_ns;

	if (f->prior.slot && (f->prior_process != f->process || !has_step(h, f->prior.slot)))
		ds_json_append(&s->json, steps,
			       flow_step(s, ds_sarif_location(s, &f->prior.stack, f->prior.what),
					 f->prior.time_ns, start));
	add_history(s, steps, f, h);
	ds_json_append(&s->json, steps,
		       flow_step(s, ds_sarif_location(s, ds_place_stack(f), sentence),
				 f->access.time_ns, start));
	set(s, thread, "locations", steps);
	ds_json_append(&s->json, threads, thread);
	set(s, flow, "threadFlows", threads);
	ds_json_append(&s->json, flows, flow);
	return flows;
}

static json_t *related(struct ds_sarif *s, const struct ds_finding *f)
{
	json_t *list = json_array(), *o = ds_sarif_location(s, &f->prior.stack, f->prior.what);

	set(s, o, "id", json_integer(1));
	ds_json_append(&s->json, list, o);
	return list;
}

static json_t *stacks(struct ds_sarif *s, const struct ds_finding *f)
{
	json_t *list = json_array();

	if (f->access.stack.frames)
		ds_json_append(&s->json, list, ds_sarif_stack(s, &f->access.stack, f->access.what));
	if (f->prior.stack.frames)
		ds_json_append(&s->json, list, ds_sarif_stack(s, &f->prior.stack, f->prior.what));
	return list;
}

static json_t *suppressions(struct ds_sarif *s, const struct ds_excuse *e)
{
	json_t *o = json_object(), *list = json_array(), *properties = json_object();

	set(s, o, "kind", json_string("external"));
	set(s, o, "status", json_string("accepted"));
	set(s, o, "justification", ds_json_text(*e->reason ? e->reason : e->kind));
	set(s, properties, "name", ds_json_text(e->name));
	set(s, properties, "file", ds_json_text(e->file));
	set(s, properties, "line", json_integer(e->line));
	set(s, o, "properties", properties);
	ds_json_append(&s->json, list, o);
	return list;
}

static json_t *properties(struct ds_sarif *s, const struct ds_finding *f)
{
	json_t *o = json_object(), *runs = json_array();
	char name[512];

	for (unsigned i = 0; i < ds_run_parts(s->run); i++)
		if (ds_finding_count_in(f, i))
			ds_json_append(&s->json, runs, ds_json_text(ds_run_part(s->run, i)->dir));
	set(s, o, "buffer",
	    ds_json_text(ds_run_buffer_name(s->run, f->buffer, name, sizeof(name))));
	set(s, o, "coherent", ds_json_text(f->platforms.coherent));
	set(s, o, "noncoherent", ds_json_text(f->platforms.noncoherent));
	set(s, o, "bounce", ds_json_text(f->platforms.bounce));
	set(s, o, "latent", json_boolean(f->latent));
	set(s, o, "runs", runs);
	return o;
}

static json_t *result(struct ds_sarif *s, const struct ds_finding *f, const struct ds_history *h)
{
	char *sentence = ds_place_sentence(s->run, f);
	json_t *o = json_object(), *places = json_array(), *prints = json_object();

	ds_json_append(&s->json, places, ds_sarif_location(s, ds_place_stack(f), NULL));
	set(s, prints, "dmasanToken/v1", json_string(f->token));
	set(s, o, "ruleId", json_string(ds_rule(f->rule)->id));
	set(s, o, "ruleIndex", json_integer(f->rule));
	set(s, o, "level", json_string(ds_sarif_level(f->severity)));
	set(s, o, "message", ds_sarif_message(s, sentence));
	set(s, o, "locations", places);
	set(s, o, "partialFingerprints", prints);
	set(s, o, "occurrenceCount", ds_json_number(f->count));
	if (f->prior.slot)
		set(s, o, "relatedLocations", related(s, f));
	set(s, o, "codeFlows", code_flows(s, f, h, sentence));
	if (f->access.stack.frames || f->prior.stack.frames)
		set(s, o, "stacks", stacks(s, f));
	if (f->excuse)
		set(s, o, "suppressions", suppressions(s, f->excuse));
	set(s, o, "properties", properties(s, f));
	s->json.failed |= !sentence;
	free(sentence);
	return o;
}

/* Append the results of a list; how many were left out. */
static unsigned add_results(struct ds_sarif *s, json_t *results, struct ds_finding *const *list,
			    unsigned n)
{
	unsigned room = MAX_RESULTS - (unsigned)json_array_size(results);
	unsigned shown = n < room ? n : room;
	unsigned deep = shown < MAX_DEEP ? shown : MAX_DEEP;
	struct ds_history *h = ds_history_load(s->run, list, deep), none = {0};

	s->json.failed |= !h;
	for (unsigned i = 0; h && i < shown; i++)
		ds_json_append(&s->json, results, result(s, list[i], i < deep ? &h[i] : &none));
	ds_history_free(h, deep);
	return n - shown;
}

/* ---- the run ---- */

static json_t *notification(struct ds_sarif *s, const char *level, const char *text)
{
	json_t *o = json_object();

	set(s, o, "level", json_string(level));
	set(s, o, "message", ds_sarif_message(s, text));
	return o;
}

static json_t *invocations(struct ds_sarif *s, unsigned left)
{
	unsigned n;
	struct ds_blind *spot = ds_report_blind_spots(s->run, &n);
	json_t *o = json_object(), *list = json_array(), *notes = json_array();
	char text[96];

	if (left) {
		snprintf(text, sizeof(text), "%u more findings, not in this file: it holds %d",
			 left, MAX_RESULTS);
		ds_json_append(&s->json, notes, notification(s, "warning", text));
	}
	for (unsigned i = 0; i < n; i++)
		ds_json_append(&s->json, notes,
			       notification(s, spot[i].taints ? "warning" : "note", spot[i].text));
	free(spot);
	set(s, o, "executionSuccessful", json_true());
	set(s, o, "toolExecutionNotifications", notes);
	ds_json_append(&s->json, list, o);
	return list;
}

static json_t *tool(struct ds_sarif *s)
{
	json_t *o = json_object(), *driver = json_object();

	set(s, driver, "name", json_string("dmasan"));
	set(s, driver, "version", json_string(DS_VERSION));
	set(s, driver, "semanticVersion", json_string(DS_VERSION ".0"));
	set(s, driver, "rules", ds_sarif_rules(s));
	set(s, o, "driver", driver);
	return o;
}

/* What relative names are relative to; whoever reads the log knows where that is for him. */
static json_t *base_ids(struct ds_sarif *s)
{
	json_t *o = json_object(), *root = json_object();

	set(s, root, "description",
	    ds_sarif_message(s, "the directory in which dmasan made this report"));
	set(s, o, "%SRCROOT%", root);
	return o;
}

static json_t *sarif_run(struct ds_sarif *s)
{
	json_t *o = json_object(), *results = json_array();
	unsigned left = add_results(s, results, s->run->finding, s->run->findings);

	left += add_results(s, results, s->run->suppressed, s->run->suppresseds);
	set(s, o, "tool", tool(s));
	set(s, o, "invocations", invocations(s, left));
	set(s, o, "originalUriBaseIds", base_ids(s));
	set(s, o, "columnKind", json_string("utf16CodeUnits"));
	set(s, o, "results", results);
	return o;
}

static int write_sarif(FILE *out, const struct ds_run *run, const struct ds_report_options *opt)
{
	struct ds_sarif s = {.run = run, .opt = opt};
	json_t *doc = json_object(), *runs = json_array();

	ds_json_append(&s.json, runs, sarif_run(&s));
	set(&s, doc, "$schema",
	    json_string("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
			"sarif-schema-2.1.0.json"));
	set(&s, doc, "version", json_string("2.1.0"));
	set(&s, doc, "runs", runs);
	return ds_json_write(&s.json, doc, out);
}

const struct ds_report_ops ds_report_fmt_sarif = {
	.name = "sarif",
	.what = "SARIF 2.1.0, for code scanning",
	.extension = "sarif",
	.write = write_sarif,
};
