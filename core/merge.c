/* SPDX-License-Identifier: MIT */
/*
 * Several run directories as one result.
 *
 * Everything that names something by its index is renumbered when it moves, so that whoever reads
 * a merged run needs to know nothing about it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/analyze.h"

unsigned ds_run_parts(const struct ds_run *run)
{
	return run->mores + 1;
}

const struct ds_run *ds_run_part(const struct ds_run *run, unsigned part)
{
	return part && part <= run->mores ? run->more[part - 1] : run;
}

uint64_t ds_finding_count_in(const struct ds_finding *f, unsigned part)
{
	if (f->per_part)
		return f->per_part[part];
	return part ? 0 : f->count;
}

/* Let an array of `size`-byte entries have room for `more` after the `used` ones. */
static int reach(void *array, size_t used, size_t more, size_t size)
{
	void **at = array, *p = realloc(*at, (used + more + 1) * size);

	if (!p)
		return -ENOMEM;
	*at = p;
	return 0;
}

/* All that can fail comes first: after it the two runs can be joined to the end. */
static int make_room(struct ds_run *run, const struct ds_run *from)
{
	/* the lists of findings and buffers grow by doubling elsewhere, but never after a merge */
	if (reach(&run->process, run->processes, from->processes, sizeof(*run->process)) ||
	    reach(&run->buffer, run->buffers, from->buffers, sizeof(*run->buffer)) ||
	    reach(&run->finding, run->findings, from->findings, sizeof(*run->finding)) ||
	    reach(&run->more, run->mores, 1, sizeof(*run->more)))
		return -ENOMEM;
	return 0;
}

/* Counts by part for the findings of both runs; `parts` is the number before the merge. */
static int count_parts(struct ds_finding *const *list, unsigned n, unsigned parts, bool incoming)
{
	for (unsigned i = 0; i < n; i++) {
		struct ds_finding *f = list[i];
		bool fresh = !f->per_part;

		if (reach(&f->per_part, parts, 1, sizeof(*f->per_part)))
			return -ENOMEM;
		if (fresh || incoming)
			memset(f->per_part, 0, parts * sizeof(*f->per_part));
		if (fresh && !incoming)
			f->per_part[0] = f->count;
		f->per_part[parts] = incoming ? f->count : 0;
	}
	return 0;
}

static void renumber_buffers(struct ds_process *p, uint32_t by)
{
	/* entry 0 is the table's size, see ds_run_buffer_index() */
	for (uint32_t i = 1; p->buffer_index && i < p->buffer_index[0]; i++)
		if (p->buffer_index[i])
			p->buffer_index[i] += by;
}

static uint32_t last_group(const struct ds_run *run)
{
	uint32_t last = 0;

	for (uint32_t i = 0; i < run->buffers; i++)
		if (run->buffer[i].group > last)
			last = run->buffer[i].group;
	return last;
}

static void move_processes(struct ds_run *run, struct ds_run *from, unsigned part)
{
	uint32_t groups = last_group(run);

	for (unsigned i = 0; i < from->processes; i++) {
		from->process[i].part = part;
		renumber_buffers(&from->process[i], run->buffers);
		run->process[run->processes + i] = from->process[i];
	}
	for (uint32_t i = 0; i < from->buffers; i++) {
		struct ds_run_buffer b = from->buffer[i];

		b.id += run->buffers;
		b.process += run->processes;
		b.group += b.group ? groups : 0;
		run->buffer[run->buffers + i] = b;
	}
	for (unsigned i = 0; i < from->findings; i++) {
		from->finding[i]->process += run->processes;
		from->finding[i]->prior_process += run->processes;
		from->finding[i]->buffer += run->buffers;
	}
	run->processes += from->processes;
	run->buffers += from->buffers;
	from->processes = from->buffers = 0;
}

static struct ds_finding *find(const struct ds_run *run, unsigned n, const char *token)
{
	for (unsigned i = 0; i < n; i++)
		if (!strcmp(run->finding[i]->token, token))
			return run->finding[i];
	return NULL;
}

static void move_findings(struct ds_run *run, struct ds_run *from, unsigned part)
{
	unsigned before = run->findings; /* within a run tokens are unique */

	for (unsigned i = 0; i < from->findings; i++) {
		struct ds_finding *f = from->finding[i];
		struct ds_finding *same = find(run, before, f->token);

		if (same) {
			same->per_part[part] = f->count;
			ds_finding_absorb(same, f);
			ds_finding_destroy(f);
		} else {
			run->finding[run->findings++] = f;
		}
	}
	from->findings = 0;
}

static void move_unknowns(struct ds_run *run, const struct ds_run *from)
{
	const unsigned room = sizeof(run->unknown) / sizeof(run->unknown[0]);

	for (unsigned i = 0; i < from->unknowns; i++) {
		const struct ds_unknown_ioctl *u = &from->unknown[i];
		unsigned k = 0;

		while (k < run->unknowns && (run->unknown[k].request != u->request ||
					     strcmp(run->unknown[k].fd_kind, u->fd_kind)))
			k++;
		if (k < run->unknowns)
			run->unknown[k].count += u->count;
		else if (k < room)
			run->unknown[run->unknowns++] = *u;
	}
}

static void move_rest(struct ds_run *run, const struct ds_run *from)
{
	move_unknowns(run, from);
	for (unsigned i = 0; i < DS_EV_MAX; i++)
		run->stats.events[i] += from->stats.events[i];
	for (unsigned i = 0; i <= DS_SHADOW_REFUSED; i++)
		run->shadows[i] += from->shadows[i];
}

/* As within one run, and the order of the run directories before the time. */
static int by_weight(const void *a, const void *b)
{
	const struct ds_finding *x = *(struct ds_finding *const *)a;
	const struct ds_finding *y = *(struct ds_finding *const *)b;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	if (x->process != y->process) /* processes stand in the order of their runs */
		return x->process < y->process ? -1 : 1;
	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return strcmp(x->token, y->token);
}

int ds_run_merge(struct ds_run *run, struct ds_run *from)
{
	unsigned part = ds_run_parts(run);

	if (make_room(run, from) || count_parts(run->finding, run->findings, part, false) ||
	    count_parts(from->finding, from->findings, part, true))
		return -ENOMEM;
	move_processes(run, from, part);
	move_findings(run, from, part);
	move_rest(run, from);
	if (run->findings)
		qsort(run->finding, run->findings, sizeof(struct ds_finding *), by_weight);
	run->more[run->mores++] = from;
	return 0;
}
