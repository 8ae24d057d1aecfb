/* SPDX-License-Identifier: MIT */
/*
 * A baseline is a text file, sorted and without dates or counts, so that a new version of it shows
 * in a diff what has changed and nothing else:
 *
 *	dmasan-baseline 1
 *	OWN01-77c0a3b39818 error
 */
#include "core/baseline.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/suppress.h"

#define HEADER "dmasan-baseline 1"

void ds_baseline_finish(struct ds_baseline *b)
{
	for (unsigned i = 0; i < b->entries; i++)
		free(b->entry[i].token);
	free(b->entry);
	free(b->path);
	*b = (struct ds_baseline){0};
}

/* "OWN01-77c0a3b39818": what ds_run_tokens() makes. */
static bool is_token(const char *s)
{
	return strlen(s) == 18 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 3 &&
	       strspn(s + 3, "0123456789") == 2 && s[5] == '-' &&
	       strspn(s + 6, "0123456789abcdef") == 12;
}

static int take_line(struct ds_baseline *b, char *text, unsigned line, struct ds_file_error *err)
{
	size_t n = strcspn(text, " \t");
	char *severity = text[n] ? ds_text_trim(text + n + 1) : text + n;
	struct ds_baseline_entry *e;

	text[n] = 0;
	if (!is_token(text))
		return ds_file_error(err, line, "'%.60s' is no token of a finding", text);
	if (ds_severity_parse(severity) < 0)
		return ds_file_error(err, line, "'%.60s' is no severity: error, warning or advice",
				     severity);
	e = realloc(b->entry, (b->entries + 1) * sizeof(*e));
	if (!e)
		return -ENOMEM;
	b->entry = e;
	e += b->entries;
	*e = (struct ds_baseline_entry){.token = strdup(text), .line = line};
	if (!e->token)
		return -ENOMEM;
	e->severity = (enum ds_severity)ds_severity_parse(severity);
	b->entries++;
	return 0;
}

static int by_token(const void *a, const void *b)
{
	const struct ds_baseline_entry *x = a, *y = b;
	int order = strcmp(x->token, y->token);

	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static int check_twice(const struct ds_baseline *b, struct ds_file_error *err)
{
	for (unsigned i = 1; i < b->entries; i++)
		if (!strcmp(b->entry[i].token, b->entry[i - 1].token))
			return ds_file_error(err, b->entry[i].line,
					     "'%s' stands in line %u already", b->entry[i].token,
					     b->entry[i - 1].line);
	return 0;
}

static int read_lines(struct ds_baseline *b, struct ds_textfile *file, struct ds_file_error *err)
{
	char *line = ds_textfile_next(file);
	int r = 0;

	if (!line || strcmp(line, HEADER))
		return ds_file_error(err, line ? file->line : 1,
				     "no baseline of dmasan: the first line must be '" HEADER "'");
	while (!r && (line = ds_textfile_next(file)))
		r = take_line(b, line, file->line, err);
	if (!r && b->entries)
		qsort(b->entry, b->entries, sizeof(*b->entry), by_token);
	return r ? r : check_twice(b, err);
}

int ds_baseline_read(struct ds_baseline *b, const char *path, struct ds_file_error *err)
{
	struct ds_textfile file;
	int r;

	*b = (struct ds_baseline){0};
	*err = (struct ds_file_error){0};
	r = ds_textfile_open(&file, path, err);
	if (r)
		return r;
	b->path = strdup(path);
	r = b->path ? read_lines(b, &file, err) : -ENOMEM;
	ds_textfile_close(&file);
	if (r == -ENOMEM)
		ds_file_error(err, 0, "out of memory");
	if (r)
		ds_baseline_finish(b);
	for (unsigned i = 0; i < b->entries; i++)
		b->entry[i].excuse = (struct ds_excuse){"baseline", b->entry[i].token, "", b->path,
							b->entry[i].line};
	return r;
}

static int by_token_alone(const void *token, const void *entry)
{
	return strcmp(token, ((const struct ds_baseline_entry *)entry)->token);
}

static const struct ds_excuse *known(void *ctx, const struct ds_run *run,
				     const struct ds_finding *f)
{
	struct ds_baseline *b = ctx;
	struct ds_baseline_entry *e;

	(void)run;
	if (!b->entries)
		return NULL;
	e = bsearch(f->token, b->entry, b->entries, sizeof(*e), by_token_alone);
	if (!e)
		return NULL;
	e->hits++;
	return f->severity <= e->severity ? &e->excuse : NULL;
}

int ds_baseline_apply(struct ds_baseline *b, struct ds_run *run)
{
	unsigned before = run->suppresseds;
	int r = ds_run_excuse(run, known, b);

	if (r)
		return r;
	run->baseline_known = run->suppresseds - before;
	for (unsigned i = 0; i < b->entries; i++)
		run->baseline_gone += !b->entry[i].hits;
	return 0;
}

/* ---- writing ---- */

static int by_finding_token(const void *a, const void *b)
{
	return strcmp((*(struct ds_finding *const *)a)->token,
		      (*(struct ds_finding *const *)b)->token);
}

int ds_baseline_write(FILE *out, const struct ds_run *run)
{
	const struct ds_finding **list =
		calloc(run->findings + run->suppresseds + 1u, sizeof(const struct ds_finding *));
	unsigned n = 0;

	if (!list)
		return -ENOMEM;
	for (unsigned i = 0; i < run->findings; i++)
		list[n++] = run->finding[i];
	for (unsigned i = 0; i < run->suppresseds; i++)
		if (!strcmp(run->suppressed[i]->excuse->kind, "baseline"))
			list[n++] = run->suppressed[i];
	qsort(list, n, sizeof(const struct ds_finding *), by_finding_token);
	fprintf(out, "# Findings that dmasan knows already: token and severity, one a line.\n"
		     "# Written by --write-baseline, read by --baseline; see "
		     "docs/suppressions.md.\n" HEADER "\n");
	for (unsigned i = 0; i < n; i++)
		fprintf(out, "%s %s\n", list[i]->token, ds_severity_name(list[i]->severity));
	free(list);
	return 0;
}
