/* SPDX-License-Identifier: MIT */
/*
 * What the kernel saw takes effect on the models of the processes: SYNC calls that went past the
 * library, and fences of devices.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/group_table.h"
#include "core/kernel_judge.h"
#include "core/kernel_sync.h"
#include "core/strings.h"

#define BIT(event)  (1ull << (event))
#define FENCES	    (BIT(DS_KEV_FENCE_ADD) | BIT(DS_KEV_FENCE_SIGNAL))
#define MAX_PENDING 4096

/* An actor and slots that no trace has: the reference of a claim that a line made. */
#define KERNEL_ACTOR 0xffffffffu
#define KERNEL_SLOT  0x80000000u

/* A fence that has not signalled. */
struct fence {
	uint64_t obj;
	uint64_t inode, ctx;
	uint32_t index; /* of the claim */
	unsigned use;
	size_t place;
};

/* A SYNC call that a process's library did not see. */
struct unseen {
	struct ds_unseen_sync sync;
	uint32_t process;
};

struct ds_kernel_join {
	struct ds_run *run;
	struct unseen *unseen; /* in order of time */
	size_t unseens, next;
	struct ds_keymap fence;
	uint32_t fences; /* so far: the index of the next claim */
};

/* ---- SYNC ---- */

/* What a process knows as the buffer behind an inode, or NULL. */
static struct ds_buffer *buffer_of(const struct ds_kernel_join *j, uint64_t inode, uint32_t process)
{
	const struct ds_group *group = ds_group_by_inode(j->run->groups, inode);
	struct ds_buffer *b;

	for (uint32_t i = 0; group && i < group->members; i++) {
		if (group->member[i].process != process)
			continue;
		b = ds_member_buffer(j->run->groups, j->run, group, &group->member[i]);
		if (b)
			return b;
	}
	return NULL;
}

static void apply_sync(struct ds_kernel_join *j, const struct unseen *u)
{
	const struct ds_unseen_sync *s = &u->sync;
	struct ds_buffer *b = s->failed ? NULL : buffer_of(j, s->inode, u->process);

	if (!b)
		return;
	if (s->flags & 4)
		ds_hold_end(&b->hold, s->flags & DS_RW, NULL);
	else
		ds_hold_start(&b->hold, s->flags & DS_RW, 0);
	b->failed_start = 0;
}

/* ---- fences ---- */

static bool has_claim(const struct ds_hold *h, const struct fence *f)
{
	for (unsigned i = 0; i < h->claims; i++)
		if (h->claim[i].actor == KERNEL_ACTOR && h->claim[i].index == f->index)
			return true;
	return false;
}

static void claim(struct ds_buffer *b, const struct fence *f)
{
	if (has_claim(&b->hold, f))
		return;
	if (!b->device_slot)
		b->device_slot = 1; /* before all that happens from now on */
	ds_hold_claim(&b->hold, KERNEL_ACTOR, f->index, f->use | DS_DEVICE_FENCE,
		      DS_REF(KERNEL_SLOT | f->index, 0));
}

static void release(struct ds_buffer *b, const struct fence *f)
{
	ds_hold_release(&b->hold, KERNEL_ACTOR, f->index, false, NULL);
}

/* Do it with what every process of the run knows as the fence's buffer. */
static void everywhere(const struct ds_kernel_join *j, const struct fence *f,
		       void (*what)(struct ds_buffer *b, const struct fence *f))
{
	const struct ds_group *group = ds_group_by_inode(j->run->groups, f->inode);

	for (uint32_t i = 0; group && i < group->members; i++) {
		struct ds_buffer *b =
			ds_member_buffer(j->run->groups, j->run, group, &group->member[i]);

		if (b)
			what(b, f);
	}
}

/* A later fence of one context takes the place of the earlier ones. */
static void replace(struct ds_kernel_join *j, const struct ds_kernel_line *line)
{
	uint32_t at = 0;
	uint64_t gone[16];
	unsigned n = 0;
	struct fence *f;

	while ((f = ds_keymap_next(&j->fence, &at)) && n < 16)
		if (f->inode == line->number[DS_KNUM_ino] && f->ctx == line->number[DS_KNUM_ctx])
			gone[n++] = f->obj;
	while (n--) {
		everywhere(j, ds_keymap_find(&j->fence, gone[n]), release);
		ds_keymap_remove(&j->fence, gone[n]);
	}
}

static int fence_added(struct ds_kernel_join *j, const struct ds_kernel_line *line, size_t place)
{
	uint64_t usage = line->number[DS_KNUM_usage], obj = line->number[DS_KNUM_obj];
	struct fence *f;

	if (usage > 2) /* bookkeeping: SYNC does not wait for it either */
		return 0;
	replace(j, line);
	if (j->fence.used >= MAX_PENDING || ds_keymap_find(&j->fence, obj))
		return 0;
	f = ds_keymap_get(&j->fence, obj);
	if (!f)
		return obj ? -ENOMEM : 0;
	f->inode = line->number[DS_KNUM_ino];
	f->ctx = line->number[DS_KNUM_ctx];
	f->index = j->fences++ & ~KERNEL_SLOT;
	f->use = usage == 2 ? DS_DEVICE_READS : DS_DEVICE_WRITES;
	f->place = place;
	everywhere(j, f, claim);
	return 0;
}

static int take_fence(struct ds_kernel_join *j, const struct ds_kernel_line *line, size_t place)
{
	struct fence *f;

	if (line->event == DS_KEV_FENCE_ADD)
		return fence_added(j, line, place);
	f = ds_keymap_find(&j->fence, line->number[DS_KNUM_obj]);
	if (f) {
		everywhere(j, f, release);
		ds_keymap_remove(&j->fence, line->number[DS_KNUM_obj]);
	}
	return 0;
}

/* ---- the interface ---- */

static int by_time(const void *a, const void *b)
{
	const struct unseen *x = a, *y = b;

	return x->sync.ns < y->sync.ns ? -1 : x->sync.ns > y->sync.ns;
}

/* What went past the library in one process. */
static int add_process(struct ds_kernel_join *j, uint32_t process)
{
	struct ds_unseen found;
	struct unseen *p;
	int r = ds_unseen_find(j->run, process, &found);

	if (!r && found.syncs) {
		p = realloc(j->unseen, (j->unseens + found.syncs) * sizeof(*p));
		if (p)
			j->unseen = p;
		else
			r = -ENOMEM;
		for (unsigned i = 0; p && i < found.syncs; i++)
			p[j->unseens++] = (struct unseen){found.sync[i], process};
	}
	j->run->kernel_side.unseen += found.total;
	free(found.sync);
	return r;
}

int ds_kernel_join_open(struct ds_run *run, struct ds_kernel_join **ret)
{
	struct ds_kernel_join *j;
	int r = 0;

	*ret = NULL;
	if (!run->lines)
		return 0;
	j = calloc(1, sizeof(*j));
	if (!j)
		return -ENOMEM;
	j->run = run;
	j->fence.size = sizeof(struct fence);
	for (uint32_t i = 0; i < run->processes && !r; i++)
		if (!run->process[i].launcher)
			r = add_process(j, i);
	if (r) {
		ds_kernel_join_close(j);
		return r;
	}
	if (j->unseens)
		qsort(j->unseen, j->unseens, sizeof(*j->unseen), by_time);
	ds_kernel_rewind(run->lines);
	*ret = j;
	return 0;
}

void ds_kernel_join_close(struct ds_kernel_join *j)
{
	if (!j)
		return;
	ds_keymap_finish(&j->fence);
	free(j->unseen);
	free(j);
}

int ds_kernel_join_until(struct ds_kernel_join *j, uint64_t ns)
{
	struct ds_kernel_line line;
	size_t place;
	int r = 0;

	if (!j)
		return 0;
	for (;;) {
		uint64_t sync = j->next < j->unseens ? j->unseen[j->next].sync.ns : UINT64_MAX;
		uint64_t fence = ds_kernel_peek(j->run->lines, FENCES);

		if (r || (sync > ns && fence > ns))
			return r;
		if (sync <= fence)
			apply_sync(j, &j->unseen[j->next++]);
		else if (ds_kernel_next(j->run->lines, FENCES, &line, &place))
			r = take_fence(j, &line, place);
	}
}

void ds_kernel_join_buffer(struct ds_kernel_join *j, uint32_t process, const struct ds_event *ev)
{
	struct ds_buffer *b = ev->a ? buffer_of(j, ev->a, process) : NULL;
	uint32_t at = 0;
	const struct fence *f;

	while (b && (f = ds_keymap_next(&j->fence, &at)))
		if (f->inode == ev->a)
			claim(b, f);
}

size_t ds_kernel_join_place(const struct ds_kernel_join *j, uint64_t ref)
{
	uint32_t at = 0;
	const struct fence *f;

	if (!j || !(DS_REF_SLOT(ref) & KERNEL_SLOT))
		return 0;
	while ((f = ds_keymap_next(&j->fence, &at)))
		if (f->index == (DS_REF_SLOT(ref) & ~KERNEL_SLOT))
			return f->place;
	return 0;
}
