/* SPDX-License-Identifier: MIT */
/* From stacks to places in a repository, and findings as sentences. */
#include "report/place.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/text.h"

#define NAME_BYTES 200

const struct ds_frame *ds_place_frame(const struct ds_stack *stack)
{
	const struct ds_frame *own = NULL;

	for (unsigned i = 0; i < stack->frames; i++) {
		const struct ds_frame *f = &stack->frame[i];

		if (ds_frame_in_libc(f))
			continue;
		if (f->file)
			return f;
		if (!own)
			own = f;
	}
	return own ? own : stack->frames ? &stack->frame[0] : NULL;
}

const struct ds_stack *ds_place_stack(const struct ds_finding *f)
{
	return f->access.stack.frames || !f->prior.stack.frames ? &f->access.stack
								: &f->prior.stack;
}

/* Let "a/./b//../c" become "a/c" in place; false when it would leave its beginning. */
static bool normalise(char *path)
{
	char *to = path, *from = path;

	while (*from) {
		size_t n = strcspn(from, "/");
		bool more = from[n] == '/';

		if (n == 2 && !strncmp(from, "..", 2)) {
			if (to == path)
				return false;
			for (to--; to > path && to[-1] != '/';)
				to--;
		} else if (n && !(n == 1 && *from == '.')) {
			memmove(to, from, n);
			to += n;
			*to++ = '/';
		}
		from += n + more;
	}
	if (to > path && to[-1] == '/')
		to--;
	*to = 0;
	return *path;
}

char *ds_place_path(const struct ds_frame *f)
{
	char *path = NULL;

	if (!f || !f->file)
		return NULL;
	if (*f->file == '/')
		return strdup(f->file);
	if (!f->built_in || *f->built_in != '/' ||
	    asprintf(&path, "%s/%s", f->built_in, f->file) < 0)
		return NULL;
	return path;
}

/* What is left of an absolute path below `root`, or NULL; takes the path over. */
static char *below(char *path, const char *root)
{
	size_t n = strlen(root);

	if (path && normalise(path + 1) && !strncmp(path + 1, root + 1, n - 1) && path[n] == '/') {
		memmove(path, path + n + 1, strlen(path + n + 1) + 1);
		return path;
	}
	free(path);
	return NULL;
}

char *ds_place_relative(const struct ds_frame *f, const char *root)
{
	char *path;

	if (!f || !f->file || !root)
		return NULL;
	path = below(ds_place_path(f), root);
	if (path || *f->file == '/')
		return path;
	/* built somewhere else: as the compiler was told, if that leads nowhere up */
	path = strdup(f->file);
	if (path && normalise(path))
		return path;
	free(path);
	return NULL;
}

char *ds_place_uri(const char *path)
{
	bool absolute = *path == '/';
	size_t size = 3 * strlen(path) + 8;
	char *uri = malloc(size), *to = uri;

	if (!uri)
		return NULL;
	if (absolute)
		to = stpcpy(to, "file://");
	for (; *path; path++) {
		unsigned char c = (unsigned char)*path;

		if (c < 0x80 && (isalnum(c) || strchr("/-._~", c)))
			*to++ = (char)c;
		else
			to += sprintf(to, "%%%02X", c);
	}
	*to = 0;
	return uri;
}

void ds_place_put(FILE *out, const char *s, size_t max)
{
	size_t n = 0;
	char *cut;
	uint32_t c;

	if (!s)
		return;
	while (n < max && s[n]) {
		unsigned step = ds_utf8_next(s + n, &c);

		n += step ? step : 1;
	}
	cut = strndup(s, n);
	ds_text_put(out, cut ? cut : "");
	fputs(s[n] ? "..." : "", out);
	free(cut);
}

static void put_access(FILE *out, const struct ds_finding *f)
{
	if (!strcmp(f->op, "call")) {
		ds_place_put(out, f->access.what, NAME_BYTES);
		fputs(" on ", out);
		return;
	}
	fputs(f->op, out);
	if (f->length)
		fprintf(out, " of %" PRIu64 " byte%s", f->length, f->length == 1 ? "" : "s");
	fprintf(out, " at offset %" PRIu64, f->offset);
	if (strcmp(f->access.what, "instruction")) {
		fputs(" through ", out);
		ds_place_put(out, f->access.what, NAME_BYTES);
	}
	fputs(" in ", out);
}

static void put_where(FILE *out, const struct ds_stack *stack)
{
	const struct ds_frame *frame = ds_place_frame(stack);

	if (!frame)
		return;
	fputs(", by ", out);
	if (frame->function) {
		ds_place_put(out, frame->function, NAME_BYTES);
		fputs("()", out);
		return;
	}
	ds_place_put(out, *frame->module ? frame->module : "unknown code", NAME_BYTES);
	fprintf(out, "+0x%" PRIx64, frame->offset);
}

char *ds_place_sentence(const struct ds_run *run, const struct ds_finding *f)
{
	char *text = NULL, name[512];
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, "%s: ", ds_rule(f->rule)->title);
	put_access(out, f);
	ds_place_put(out, ds_run_buffer_name(run, f->buffer, name, sizeof(name)), NAME_BYTES);
	put_where(out, ds_place_stack(f));
	if (f->prior.slot && f->prior.what && f->access.stack.frames) {
		fputs("; ", out);
		ds_place_put(out, f->prior.what, NAME_BYTES);
		fputs(" came first", out);
		put_where(out, &f->prior.stack);
	}
	if (f->count > 1)
		fprintf(out, "; seen %" PRIu64 " times", f->count);
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}
