/* SPDX-License-Identifier: MIT */
/* The Markdown summary: verdict, a table of findings, what was missed. */
#include "report/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/place.h"
#include "report/text.h"

#define NAME_BYTES 120
#define TAIL_BYTES 4096 /* kept free for what follows the table */
#define SPOTS	   6

/* Text from a trace as plain text: nothing in it is Markdown or HTML any more. */
static void put(FILE *out, const char *s)
{
	char *safe = NULL;
	size_t size = 0;
	FILE *cut = open_memstream(&safe, &size);

	if (!cut)
		return;
	ds_place_put(cut, s, NAME_BYTES);
	fclose(cut);
	for (const char *c = safe; c && *c; c++) {
		if (strchr("<>&\"'|`*_[](){}#\\!~:@", *c))
			fprintf(out, "&#%d;", *c);
		else
			fputc(*c, out);
	}
	free(safe);
}

static void put_place(FILE *out, const struct ds_finding *f, const char *root)
{
	const struct ds_frame *frame = ds_place_frame(ds_place_stack(f));
	char *path = ds_place_relative(frame, root);

	if (frame && frame->function) {
		put(out, frame->function);
		fputs(" ", out);
	}
	if (frame && (path || frame->file)) {
		put(out, path ? path : frame->file);
		fprintf(out, " line %u", frame->line);
	} else if (frame && !frame->function) {
		put(out, frame->module);
		fprintf(out, "+0x%" PRIx64, frame->offset);
	}
	free(path);
}

static void put_row(FILE *out, const struct ds_run *run, const struct ds_finding *f,
		    const char *root)
{
	char name[512];

	fprintf(out, "| %s | %s | %s | ", ds_severity_name(f->severity), ds_rule(f->rule)->id,
		ds_rule(f->rule)->title);
	put(out, ds_run_buffer_name(run, f->buffer, name, sizeof(name)));
	fputs(" | ", out);
	put_place(out, f, root);
	fprintf(out, " | %" PRIu64 " | `%s` |\n", f->count, f->token);
}

static void put_head(FILE *out, const struct ds_run *run)
{
	struct ds_report_totals t = ds_report_count(run);

	fprintf(out, "### dmasan: %s\n\n", ds_verdict_name(ds_run_verdict(run)));
	fprintf(out, "%u errors, %u warnings, %u pieces of advice; ", t.findings[DS_ERROR],
		t.findings[DS_WARNING], t.findings[DS_ADVICE]);
	fprintf(out, "%u buffers, %" PRIu64 " hand-overs, %u processes", run->buffers, t.hand_overs,
		t.processes);
	if (run->suppresseds)
		fprintf(out, "; %u suppressed, %u of them in the baseline", run->suppresseds,
			run->baseline_known);
	if (run->unuseds)
		fprintf(out, "; %u unused suppressions", run->unuseds);
	fputs(".\n\n", out);
	if (run->findings)
		fputs("| severity | rule | what | buffer | where | times | token |\n"
		      "|---|---|---|---|---|---|---|\n",
		      out);
}

static void put_taints(FILE *out, const struct ds_run *run)
{
	unsigned n, taints = 0;
	struct ds_blind *spot = ds_report_blind_spots(run, &n);

	for (unsigned i = 0; i < n; i++) {
		if (!spot[i].taints || taints++ >= SPOTS)
			continue;
		fputs(taints == 1 ? "\nMissed, so that findings may be hidden:\n\n- " : "- ", out);
		put(out, spot[i].text);
		fputc('\n', out);
	}
	if (taints > SPOTS)
		fprintf(out, "- and %u more\n", taints - SPOTS);
	free(spot);
}

static unsigned put_rows(FILE *out, const struct ds_run *run, size_t room, const char *root)
{
	unsigned i = 0;

	for (; i < run->findings; i++) {
		/* a row is smaller than what is kept for the tail: checking after it is enough */
		if (fflush(out) || (size_t)ftell(out) + 2 * TAIL_BYTES > room)
			break;
		put_row(out, run, run->finding[i], root);
	}
	return run->findings - i;
}

int ds_report_summary(char **ret_text, size_t *ret_size, size_t room, const struct ds_run *run,
		      const struct ds_report_options *opt)
{
	FILE *out = open_memstream(ret_text, ret_size);
	unsigned left;

	if (!out)
		return -ENOMEM;
	if (room >= 4 * TAIL_BYTES) {
		put_head(out, run);
		left = put_rows(out, run, room, opt->root);
		if (left)
			fprintf(out, "\nand %u more findings, not shown here: see the report\n",
				left);
		put_taints(out, run);
		fputc('\n', out);
	}
	return fclose(out) ? -ENOMEM : 0;
}
