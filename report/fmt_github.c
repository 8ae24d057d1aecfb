/* SPDX-License-Identifier: MIT */
/*
 * Workflow commands of GitHub Actions: annotations on the lines of a change.
 *
 * The platform shows ten of a kind and drops the rest without a word, so the worst come first and
 * the last line says how many there are besides.
 */
#include "report/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/place.h"

#define PER_KIND 10

static const char *const kinds[] = {
	[DS_ADVICE] = "notice", [DS_WARNING] = "warning", [DS_ERROR] = "error"};

/* The value of a property ends at a comma or colon, a message at the end of the line. */
static void put_escaped(FILE *out, const char *s, bool property)
{
	for (; s && *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '%' || c == '\r' || c == '\n' || (property && (c == ':' || c == ',')))
			fprintf(out, "%%%02X", c);
		else
			fputc(c, out);
	}
}

/* Names may hold what a terminal obeys: first harmless, then escaped. */
static void put_name(FILE *out, const char *s, bool property)
{
	char *safe = NULL;
	size_t size = 0;
	FILE *text = open_memstream(&safe, &size);

	if (!text)
		return;
	ds_place_put(text, s, 4096);
	fclose(text);
	put_escaped(out, safe, property);
	free(safe);
}

static void put_place(FILE *out, const struct ds_finding *f, const char *root)
{
	const struct ds_frame *frame = ds_place_frame(ds_place_stack(f));
	char *path = ds_place_relative(frame, root);

	if (path) {
		fputs("file=", out);
		put_name(out, path, true);
		fprintf(out, ",line=%u,", frame->line ? frame->line : 1);
	}
	free(path);
}

static void put_finding(FILE *out, const struct ds_run *run, const struct ds_finding *f,
			const char *root)
{
	char *sentence = ds_place_sentence(run, f);

	fprintf(out, "::%s ", kinds[f->severity]);
	put_place(out, f, root);
	fprintf(out, "title=dmasan %s::", ds_rule(f->rule)->id);
	put_escaped(out, sentence, false);
	fputs(". Fix: ", out);
	put_escaped(out, ds_rule(f->rule)->fix, false);
	fprintf(out, " [%s]\n", f->token);
	free(sentence);
}

/* What may hide findings is a warning, too, and the first of them. */
static unsigned put_taint(FILE *out, const struct ds_run *run)
{
	unsigned n, i = 0;
	struct ds_blind *spot = ds_report_blind_spots(run, &n);

	while (i < n && !spot[i].taints)
		i++;
	if (i < n) {
		fputs("::warning title=dmasan%3A something was missed::", out);
		put_name(out, spot[i].text, false);
		fputc('\n', out);
	}
	free(spot);
	return i < n;
}

static int write_github(FILE *out, const struct ds_run *run, const struct ds_report_options *opt)
{
	unsigned shown[DS_ERROR + 1] = {0}, left[DS_ERROR + 1] = {0};

	shown[DS_WARNING] = put_taint(out, run);
	for (unsigned i = 0; i < run->findings; i++) {
		const struct ds_finding *f = run->finding[i];

		if (shown[f->severity] == PER_KIND) {
			left[f->severity]++;
			continue;
		}
		shown[f->severity]++;
		put_finding(out, run, f, opt->root);
	}
	for (int s = DS_ERROR; s >= DS_ADVICE; s--)
		if (left[s])
			fprintf(out, "and %u more of severity %s, see the report\n", left[s],
				ds_severity_name((enum ds_severity)s));
	return 0;
}

const struct ds_report_ops ds_report_fmt_github = {
	.name = "github",
	.what = "annotations of GitHub Actions, and a step summary",
	.extension = "txt",
	.write = write_github,
};
