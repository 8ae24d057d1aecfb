/* SPDX-License-Identifier: MIT */
/* The list of formats, and what every format shares: totals and the verdict line. */
#include "report/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/symbolize.h"
#include "report/text.h"

#define FMT(name) extern const struct ds_report_ops ds_report_fmt_##name;
#include "report/formats.inc"
#undef FMT

static const struct ds_report_ops *const formats[] = {
#define FMT(name) &ds_report_fmt_##name,
#include "report/formats.inc"
#undef FMT
	NULL,
};

static const struct ds_report_example examples[] = {
#define EXAMPLE(id, program, wrong, right) {#id, program, wrong, right},
#include "report/examples.def"
#undef EXAMPLE
};

const struct ds_report_ops *const *ds_report_list(void)
{
	return formats;
}

const struct ds_report_ops *ds_report_find(const char *name)
{
	for (unsigned i = 0; formats[i]; i++)
		if (!strcmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

const struct ds_report_example *ds_report_example(const char *rule)
{
	for (unsigned i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
		if (!strcmp(examples[i].id, rule))
			return &examples[i];
	return NULL;
}

int ds_report_prepare(struct ds_run *run, FILE *notes)
{
	int r = ds_symbols_resolve(run, notes);

	if (!r)
		ds_run_tokens(run);
	return r;
}

static unsigned count_bad_buffers(const struct ds_run *run)
{
	unsigned char *seen = calloc(run->buffers + 1u, 1);
	unsigned n = 0;

	for (unsigned i = 0; seen && i < run->findings; i++) {
		uint32_t b = run->finding[i]->buffer;

		if (b < run->buffers && !seen[b]) {
			seen[b] = 1;
			n++;
		}
	}
	free(seen);
	return n;
}

struct ds_report_totals ds_report_count(const struct ds_run *run)
{
	struct ds_report_totals t = {.bad_buffers = count_bad_buffers(run)};

	for (unsigned i = 0; i < run->findings; i++)
		t.findings[run->finding[i]->severity]++;
	t.hand_overs = run->stats.events[DS_EV_CLAIM] + run->stats.events[DS_EV_RELEASE];
	for (unsigned i = 0; i < run->processes; i++) {
		const struct ds_process *p = &run->process[i];

		t.lost += p->lost;
		if (p->launcher)
			continue;
		t.processes++;
		t.events += p->events;
		t.unguarded += p->unguarded;
		t.efaults += p->efaults;
	}
	return t;
}

static void put_count(FILE *out, const char *before, uint64_t n, const char *one, const char *many)
{
	fprintf(out, "%s%" PRIu64 " %s", before, n, n == 1 ? one : many);
}

static void put_findings(FILE *out, const struct ds_report_totals *t)
{
	static const char *const many[] = {
		[DS_ADVICE] = "pieces of advice", [DS_WARNING] = "warnings", [DS_ERROR] = "errors"};
	static const char *const one[] = {
		[DS_ADVICE] = "piece of advice", [DS_WARNING] = "warning", [DS_ERROR] = "error"};
	const char *before = "";

	for (int s = DS_ERROR; s >= DS_ADVICE; s--) {
		if (!t->findings[s])
			continue;
		put_count(out, before, t->findings[s], one[s], many[s]);
		before = ", ";
	}
	fprintf(out, " in %u of ", t->bad_buffers);
}

bool ds_report_tainted(const struct ds_run *run)
{
	return ds_run_tainted(run, -1);
}

static void put_directories(FILE *out, const struct ds_run *run)
{
	unsigned parts = ds_run_parts(run), shown = parts < 4 ? parts : 3;

	fputs(parts > 1 ? "; run directories: " : "; run directory: ", out);
	for (unsigned i = 0; i < shown; i++) {
		fputs(i ? ", " : "", out);
		ds_text_put(out, ds_run_part(run, i)->dir);
	}
	if (parts > shown)
		fprintf(out, " and %u more", parts - shown);
	fputc('\n', out);
}

static void put_suppressed(FILE *out, const struct ds_run *run)
{
	if (run->suppresseds > run->baseline_known)
		fprintf(out, ", %u suppressed", run->suppresseds - run->baseline_known);
	if (run->baseline_known)
		fprintf(out, ", %u in the baseline", run->baseline_known);
}

/* What the verdict is about: a run of programs, or a while of the whole system. */
static void put_extent(FILE *out, const struct ds_run *run, const struct ds_report_totals *t)
{
	const struct ds_kernel_side *s = &run->kernel_side;

	if (run->buffers)
		put_count(out, "", run->buffers, "buffer", "buffers");
	else
		fputs(s->system ? "a recording of the system that saw no buffer"
				: "a run that used no buffer",
		      out);
	if (s->system && !t->processes) {
		put_count(out, " (", s->events, "event of the kernel", "events of the kernel");
		put_count(out, ", ", s->users, "process", "processes");
		return;
	}
	put_count(out, " (", t->hand_overs, "hand-over", "hand-overs");
	put_count(out, ", ", t->processes, "process", "processes");
}

void ds_report_verdict(FILE *out, const struct ds_run *run)
{
	struct ds_report_totals t = ds_report_count(run);
	bool tainted = ds_report_tainted(run);

	fputs("dmasan: ", out);
	if (run->findings)
		put_findings(out, &t);
	else
		fputs(tainted ? "tainted: no findings in " : "clean: no findings in ", out);
	put_extent(out, run, &t);
	put_suppressed(out, run);
	fputs(tainted ? "), but something was missed" : ")", out);
	put_directories(out, run);
}
