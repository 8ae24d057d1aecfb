/* SPDX-License-Identifier: MIT */
/*
 * JUnit XML, as CI systems show tests: a suite per run directory, a failed case per finding at or
 * above --fail-on, and a passed case per buffer without one.
 *
 * The systems join cases of one name and class, so both together name the finding in its run.  Some
 * show the message alone, others the body alone: the text stands in both.
 */
#include "report/report.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/place.h"
#include "report/text.h"

#define NAME_BYTES 1000

struct suite {
	FILE *out;
	const struct ds_run *run;
	const struct ds_report_options *opt;
	unsigned part;
	bool *bad; /* buffers that have a failed case */
	unsigned tests, failures, skipped;
};

/* Harmless text as XML: of what XML 1.0 forbids, only two characters are left to be refused here. */
static void put_xml(FILE *out, const char *s)
{
	for (unsigned n; *s; s += n ? n : 1) {
		uint32_t c = 0;

		n = ds_utf8_next(s, &c);
		if (c == '<' || c == '>' || c == '&' || c == '"' || c == '\'')
			fprintf(out, "&#%u;", c);
		else if (c == 0xfffe || c == 0xffff)
			fprintf(out, "\\u{%04x}", c);
		else
			fwrite(s, 1, n ? n : 1, out);
	}
}

static void put_name(FILE *out, const char *s)
{
	char *safe = NULL;
	size_t size = 0;
	FILE *text = open_memstream(&safe, &size);

	if (!text)
		return;
	ds_place_put(text, s, NAME_BYTES);
	fclose(text);
	put_xml(out, safe);
	free(safe);
}

static const char *dir_of(const struct suite *s)
{
	return ds_run_part(s->run, s->part)->dir;
}

static void put_buffer_name(const struct suite *s, uint32_t buffer)
{
	char name[512];

	put_name(s->out, ds_run_buffer_name(s->run, buffer, name, sizeof(name)));
}

static void start_case(const struct suite *s)
{
	fputs("    <testcase classname=\"", s->out);
	put_name(s->out, dir_of(s));
	fputs("\" name=\"", s->out);
}

static void put_stack(const struct suite *s, const char *title, const struct ds_stack *stack)
{
	if (stack->frames)
		fprintf(s->out, "%s:\n", title);
	for (unsigned i = 0; i < stack->frames; i++) {
		const struct ds_frame *f = &stack->frame[i];

		fprintf(s->out, "  #%u ", i);
		if (f->function) {
			put_name(s->out, f->function);
			fputc(' ', s->out);
		}
		put_name(s->out, f->file ? f->file : *f->module ? f->module : "no module");
		if (f->file)
			fprintf(s->out, ":%u\n", f->line);
		else
			fprintf(s->out, "+0x%" PRIx64 "\n", f->offset);
	}
}

static void put_body(const struct suite *s, const struct ds_finding *f, const char *sentence)
{
	put_xml(s->out, sentence);
	fputc('\n', s->out);
	put_stack(s, "access", &f->access.stack);
	put_stack(s, "before", &f->prior.stack);
	fputs("coherent machine: ", s->out);
	put_xml(s->out, f->platforms.coherent);
	fputs("\nnon-coherent caches: ", s->out);
	put_xml(s->out, f->platforms.noncoherent);
	fputs("\nbounce buffer: ", s->out);
	put_xml(s->out, f->platforms.bounce);
	fputs("\nfix: ", s->out);
	put_xml(s->out, ds_rule(f->rule)->fix);
	fprintf(s->out, "\ntoken: %s\n", f->token);
}

static void put_finding(const struct suite *s, const struct ds_finding *f)
{
	char *sentence = ds_place_sentence(s->run, f);
	const char *id = ds_rule(f->rule)->id;
	bool fails = f->severity >= s->opt->fail_on;

	start_case(s);
	fprintf(s->out, "%s ", id);
	put_buffer_name(s, f->buffer);
	fprintf(s->out, " [%s]\">\n", f->token);
	if (fails) {
		fprintf(s->out, "      <failure type=\"%s\" message=\"", id);
		put_xml(s->out, sentence ? sentence : "");
		fputs("\">", s->out);
	} else {
		fputs("      <system-out>", s->out);
	}
	put_body(s, f, sentence ? sentence : "");
	fprintf(s->out, "%s\n    </testcase>\n", fails ? "</failure>" : "</system-out>");
	free(sentence);
}

static void put_suppressed(const struct suite *s, const struct ds_finding *f)
{
	start_case(s);
	fprintf(s->out, "%s ", ds_rule(f->rule)->id);
	put_buffer_name(s, f->buffer);
	fprintf(s->out, " [%s]\">\n      <skipped>%s %s", f->token, f->excuse->kind,
		*f->excuse->reason ? "" : f->token);
	put_name(s->out, f->excuse->reason);
	fputs("</skipped>\n    </testcase>\n", s->out);
}

static void put_passed(const struct suite *s, uint32_t buffer)
{
	start_case(s);
	fprintf(s->out, "buffer %u: ", s->run->buffer[buffer].id);
	put_buffer_name(s, buffer);
	fputs("\"/>\n", s->out);
}

/* Nothing of this alone fails a test, but it must not be overlooked either. */
static void put_recording(const struct suite *s, bool tainted)
{
	unsigned n = 0;
	struct ds_blind *spot = tainted ? ds_report_blind_spots(s->run, &n) : NULL;

	start_case(s);
	fputs(tainted ? "recording\">\n      <skipped>" : "recording\"/>\n", s->out);
	if (!tainted)
		return;
	for (unsigned i = 0; i < n; i++) {
		if (!spot[i].taints || spot[i].part != s->part)
			continue;
		put_name(s->out, spot[i].text);
		fputs("; ", s->out);
	}
	free(spot);
	fputs("findings may be hidden</skipped>\n    </testcase>\n", s->out);
}

static bool seen(const struct suite *s, const struct ds_finding *f)
{
	return ds_finding_count_in(f, s->part) != 0;
}

/* Is this buffer one of this suite's, and without a failed case? */
static bool passed(const struct suite *s, uint32_t buffer)
{
	return s->run->process[s->run->buffer[buffer].process].part == s->part && !s->bad[buffer];
}

static void count(struct suite *s, bool tainted)
{
	s->tests = 1; /* the recording */
	s->skipped = tainted;
	for (unsigned i = 0; i < s->run->findings; i++) {
		const struct ds_finding *f = s->run->finding[i];

		s->tests += seen(s, f);
		s->failures += seen(s, f) && f->severity >= s->opt->fail_on;
		if (f->severity >= s->opt->fail_on)
			s->bad[f->buffer] = true;
	}
	for (unsigned i = 0; i < s->run->suppresseds; i++)
		s->skipped += seen(s, s->run->suppressed[i]);
	s->tests += s->skipped - tainted;
	for (uint32_t i = 0; i < s->run->buffers; i++)
		s->tests += passed(s, i);
}

static void put_cases(const struct suite *s, bool tainted)
{
	for (unsigned i = 0; i < s->run->findings; i++)
		if (seen(s, s->run->finding[i]))
			put_finding(s, s->run->finding[i]);
	for (unsigned i = 0; i < s->run->suppresseds; i++)
		if (seen(s, s->run->suppressed[i]))
			put_suppressed(s, s->run->suppressed[i]);
	for (uint32_t i = 0; i < s->run->buffers; i++)
		if (passed(s, i))
			put_passed(s, i);
	put_recording(s, tainted);
}

/* Was anything of this suite's run missed? */
static bool is_tainted(const struct suite *s)
{
	return ds_run_tainted(s->run, (int)s->part);
}

static int write_suite(FILE *out, const struct ds_run *run, const struct ds_report_options *opt,
		       unsigned part)
{
	struct suite s = {out, run, opt, part, calloc(run->buffers + 1u, sizeof(bool)), 0, 0, 0};
	bool tainted = is_tainted(&s);

	if (!s.bad)
		return -ENOMEM;
	count(&s, tainted);
	fputs("  <testsuite name=\"", out);
	put_name(out, dir_of(&s));
	fprintf(out, "\" tests=\"%u\" failures=\"%u\" errors=\"0\" skipped=\"%u\" time=\"0\">\n",
		s.tests, s.failures, s.skipped);
	put_cases(&s, tainted);
	fputs("  </testsuite>\n", out);
	free(s.bad);
	return 0;
}

static int write_junit(FILE *out, const struct ds_run *run, const struct ds_report_options *opt)
{
	int r = 0;

	fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"dmasan\">\n", out);
	for (unsigned i = 0; i < ds_run_parts(run) && !r; i++)
		r = write_suite(out, run, opt, i);
	fputs("</testsuites>\n", out);
	return r;
}

const struct ds_report_ops ds_report_fmt_junit = {
	.name = "junit",
	.what = "JUnit XML: a failed case per finding, a passed one per clean buffer",
	.extension = "xml",
	.write = write_junit,
};
