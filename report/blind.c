/* SPDX-License-Identifier: MIT */
/* Blind spots for people: what several processes have in common is said once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/strings.h"
#include "report/report.h"

#define PIDS  4 /* so many processes are named one by one */
#define NAMES 3

struct ds_blind *ds_report_blind_spots(const struct ds_run *run, unsigned *ret_n)
{
	unsigned n = ds_run_blind_spots(run, NULL, 0);
	struct ds_blind *spot = calloc(n + 1u, sizeof(*spot));

	*ret_n = spot ? ds_run_blind_spots(run, spot, n) : 0;
	return spot;
}

/* Spots that may become one stand side by side, in the order in which they came. */
static int compare(const void *left, const void *right)
{
	const struct ds_blind *const *l = left, *const *r = right;
	const struct ds_blind *a = *l, *b = *r;
	int order = a->part < b->part ? -1 : a->part > b->part;

	if (!order)
		order = a->taints - b->taints;
	if (!order)
		order = strcmp(a->what, b->what);
	return order ? order : a < b ? -1 : a > b;
}

static bool alike(const struct ds_blind *a, const struct ds_blind *b)
{
	return a->process && b->process && a->part == b->part && a->taints == b->taints &&
	       !strcmp(a->what, b->what);
}

static bool named_before(struct ds_blind **spot, unsigned at)
{
	for (unsigned i = 0; i < at; i++)
		if (!strcmp(spot[i]->process->comm, spot[at]->process->comm))
			return true;
	return false;
}

/* "12 processes (a, b, ...)" or "processes 7, 8 (a)". */
static void put_processes(FILE *out, struct ds_blind **spot, unsigned n)
{
	unsigned names = 0;

	if (n > PIDS)
		fprintf(out, "%u processes", n);
	for (unsigned i = 0; n <= PIDS && i < n; i++)
		fprintf(out, "%s%d", i ? ", " : "processes ", spot[i]->process->pid);
	for (unsigned i = 0; i < n && names <= NAMES; i++) {
		if (named_before(spot, i))
			continue;
		fputs(names ? ", " : " (", out);
		fputs(names < NAMES ? spot[i]->process->comm : "...", out);
		names++;
	}
	fputs("): ", out);
}

/* The first of `n` speaks for all; the others lose their text. */
static bool merge(const struct ds_run *run, struct ds_blind **spot, unsigned n)
{
	struct ds_blind *first = spot[0];
	size_t size = 0;
	char *text = NULL;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return false;
	fprintf(out, "%s%s", first->from, *first->from ? ": " : "");
	put_processes(out, spot, n);
	fputs(first->what, out);
	if (fclose(out) || !text)
		return false;
	first->text = ds_strings_add(run->strings, text);
	free(text);
	for (unsigned i = 1; i < n; i++)
		spot[i]->text = NULL;
	return true;
}

static void merge_all(const struct ds_run *run, struct ds_blind **sorted, unsigned n)
{
	unsigned count;

	for (unsigned i = 0; i < n; i += count) {
		for (count = 1; i + count < n && alike(sorted[i], sorted[i + count]);)
			count++;
		if (count > 1 && !merge(run, sorted + i, count))
			return;
	}
}

struct ds_blind *ds_report_blind_groups(const struct ds_run *run, unsigned *ret_n)
{
	unsigned n, kept = 0;
	struct ds_blind *spot = ds_report_blind_spots(run, &n);
	struct ds_blind **sorted = calloc(n + 1u, sizeof(struct ds_blind *));

	for (unsigned i = 0; sorted && i < n; i++)
		sorted[i] = &spot[i];
	if (sorted && n) {
		qsort(sorted, n, sizeof(struct ds_blind *), compare);
		merge_all(run, sorted, n);
	}
	free(sorted);
	for (unsigned i = 0; i < n; i++)
		if (spot[i].text)
			spot[kept++] = spot[i];
	*ret_n = kept;
	return spot;
}
