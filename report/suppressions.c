/* SPDX-License-Identifier: MIT */
/*
 * Writes suppression entries (docs/suppressions.md).  The names in them come from the trace: what
 * the file format gives a meaning is taken away, what it cannot hold becomes a wildcard.
 */
#include "report/suppressions.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/text.h"

/* A name as a pattern that matches it. */
static void put_pattern(FILE *out, const char *key, const char *s)
{
	fprintf(out, "%s = ", key);
	for (const char *c = s; *c; c++) {
		bool edge = c == s || !c[1];

		if ((unsigned char)*c < 0x20 || *c == 0x7f || (edge && *c == ' '))
			fputc('?', out);
		else if (strchr("*?\\", *c))
			fprintf(out, "\\%c", *c);
		else
			fputc(*c, out);
	}
	fputc('\n', out);
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}

/* The innermost frame that is not the C library's. */
static const struct ds_frame *own_frame(const struct ds_stack *stack)
{
	for (unsigned i = 0; i < stack->frames; i++)
		if (!ds_frame_in_libc(&stack->frame[i]))
			return &stack->frame[i];
	return stack->frames ? &stack->frame[0] : NULL;
}

static void put_frame(FILE *out, const struct ds_frame *f)
{
	if (f->function) {
		put_pattern(out, "function", f->function);
		if (*f->module)
			put_pattern(out, "module", base_name(f->module));
	} else {
		if (*f->module)
			put_pattern(out, "module", base_name(f->module));
		if (*f->build_id)
			fprintf(out, "build-id = %s\n", f->build_id);
		fprintf(out, "offset = 0x%" PRIx64 "\n", f->offset);
	}
	fputs("frame = top\n", out);
}

/* What an entry says below its name. */
static char *conditions(const struct ds_finding *f)
{
	bool prior = !f->access.stack.frames;
	const struct ds_frame *frame = own_frame(prior ? &f->prior.stack : &f->access.stack);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "rule = %s\n", ds_rule(f->rule)->id);
	if (frame && (frame->function || *frame->module || *frame->build_id)) {
		put_frame(out, frame);
		fputs(prior ? "stack = prior\n" : "", out);
	} else {
		fprintf(out, "token = %s\n", f->token);
	}
	fclose(out);
	return text;
}

static void put_entry(FILE *out, const struct ds_run *run, const struct ds_finding *f,
		      const char *body)
{
	char name[512];

	fprintf(out, "# %s: %s, ", ds_severity_name(f->severity), ds_rule(f->rule)->title);
	ds_text_put(out, ds_run_buffer_name(run, f->buffer, name, sizeof(name)));
	fprintf(out, "\n[%s]\n%s# reason = why this may stay\n\n", f->token, body);
}

void ds_report_suppressions(FILE *out, const struct ds_run *run)
{
	char **body = calloc(run->findings + 1u, sizeof(*body));

	for (unsigned i = 0; body && i < run->findings; i++) {
		unsigned k = 0;

		body[i] = conditions(run->finding[i]);
		while (k < i && body[i] && !(body[k] && !strcmp(body[k], body[i])))
			k++;
		if (k == i && body[i]) /* the buffers of a queue usually share one entry */
			put_entry(out, run, run->finding[i], body[i]);
	}
	for (unsigned i = 0; body && i < run->findings; i++)
		free(body[i]);
	free(body);
}
