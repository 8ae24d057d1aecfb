/* SPDX-License-Identifier: MIT */
/*
 * Puts the probes that this kernel has together to one bpftrace program.
 *
 * bpftrace refuses a whole program for one function that does not exist, and versions differ in how
 * to tell it otherwise.  So what exists is looked up first, in the same list that bpftrace reads.
 */
#include <errno.h>
#include <fnmatch.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/probes.h"

static const char *const tracefs[] = {"/sys/kernel/tracing", "/sys/kernel/debug/tracing"};

struct kernel {
	const char *tracefs;
	char *functions; /* one per line, each ended by NUL */
	size_t size;
};

struct block {
	char name[64];
	char *text;
	char missing[128]; /* what this kernel lacks, "" = nothing */
	bool bulk, other;  /* other: this kernel has another form of it */
};

static char *read_file(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "re");
	size_t room = 0, size = 0;
	char *text = NULL, *more;

	while (f && !feof(f) && !ferror(f)) {
		if (size + 1 >= room) {
			room = room ? room * 2 : 65536;
			more = realloc(text, room);
			if (!more)
				break;
			text = more;
		}
		size += fread(text + size, 1, room - size - 1, f);
	}
	if (!f || ferror(f) || !feof(f)) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	if (text)
		text[size] = '\0';
	*ret_size = size;
	return text;
}

/* Lines are "name" or "name [module]". */
static void split_lines(struct kernel *k)
{
	for (char *at = k->functions, *end; at < k->functions + k->size; at = end + 1) {
		end = memchr(at, '\n', (size_t)(k->functions + k->size - at));
		if (!end)
			end = k->functions + k->size;
		*end = '\0';
		at[strcspn(at, " \t")] = '\0';
	}
}

static int kernel_init(struct kernel *k)
{
	char path[96];

	for (size_t i = 0; i < sizeof(tracefs) / sizeof(tracefs[0]); i++) {
		snprintf(path, sizeof(path), "%s/available_filter_functions", tracefs[i]);
		k->tracefs = tracefs[i];
		k->functions = read_file(path, &k->size);
		if (!k->functions)
			continue;
		split_lines(k);
		return 0;
	}
	return -EPERM;
}

/* Is there a function that matches?  The text may hold "name\0 [module]\0": look at line starts. */
static bool has_function(const struct kernel *k, const char *pattern)
{
	const char *end = k->functions + k->size;

	for (const char *at = k->functions; at < end; at += strlen(at) + 1)
		if (!fnmatch(pattern, at, 0))
			return true;
	return false;
}

static bool has_tracepoint(const struct kernel *k, const char *name)
{
	char path[192];

	snprintf(path, sizeof(path), "%s/events/%s/format", k->tracefs, name);
	for (char *at = path; *at; at++)
		if (*at == ':')
			*at = '/';
	return !access(path, F_OK);
}

static bool has_probe(const struct kernel *k, const char *probe)
{
	if (!strncmp(probe, "kprobe:", 7))
		return has_function(k, probe + 7);
	return !strncmp(probe, "tracepoint:", 11) && has_tracepoint(k, probe + 11);
}

/* One "// @word argument" line. */
static void take_mark(const struct kernel *k, struct block *b, const char *mark)
{
	char probe[96] = "";

	if (sscanf(mark, "@needs %95s", probe) == 1) {
		if (!b->missing[0] && !has_probe(k, probe))
			snprintf(b->missing, sizeof(b->missing), "%s", probe);
	} else if (sscanf(mark, "@without %95s", probe) == 1) {
		b->other |= has_probe(k, probe);
	} else if (!strncmp(mark, "@bulk", 5)) {
		b->bulk = true;
	}
}

static void take_marks(const struct kernel *k, struct block *b)
{
	for (const char *at = b->text; at; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (!strncmp(at, "// @", 4))
			take_mark(k, b, at + 3);
	}
}

/* 1 when the block is in. */
static int put_block(const struct kernel *k, const char *path, bool bulk, FILE *program,
		     FILE *report)
{
	const char *slash = strrchr(path, '/');
	struct block b = {.name = ""};
	size_t size;
	int in = 0;

	b.text = read_file(path, &size);
	if (!b.text)
		return -EIO;
	snprintf(b.name, sizeof(b.name), "%.*s", (int)strcspn(slash + 1, "."), slash + 1);
	take_marks(k, &b);
	if (b.missing[0] && !b.other)
		fprintf(report, "M %s no %s\n", b.name, b.missing);
	else if (!b.other && b.bulk && !bulk)
		fprintf(report, "M %s left out: every page of every driver\n", b.name);
	else if (!b.other)
		in = fprintf(program, "%s\n", b.text) > 0 && fprintf(report, "A %s\n", b.name) > 0;
	free(b.text);
	return in;
}

int ds_probes_assemble(const char *folder, bool bulk, FILE *program, FILE *report)
{
	struct kernel k = {.functions = NULL};
	char pattern[4096];
	glob_t files = {.gl_pathc = 0};
	int blocks = 0, r = kernel_init(&k);

	if (r)
		return r;
	/* structs must stand before the first probe */
	snprintf(pattern, sizeof(pattern), "%s/prelude.bt", folder);
	if (!glob(pattern, 0, NULL, &files)) {
		snprintf(pattern, sizeof(pattern), "%s/[!p]*.bt", folder);
		(void)glob(pattern, GLOB_APPEND, NULL, &files);
		snprintf(pattern, sizeof(pattern), "%s/p[!r]*.bt", folder);
		(void)glob(pattern, GLOB_APPEND, NULL, &files);
	}
	for (size_t i = 0; r >= 0 && i < files.gl_pathc; i++) {
		r = put_block(&k, files.gl_pathv[i], bulk, program, report);
		blocks += r > 0;
	}
	globfree(&files);
	free(k.functions);
	return r < 0 ? r : blocks ? blocks : -ENOENT;
}
