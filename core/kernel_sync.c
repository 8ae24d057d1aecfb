/* SPDX-License-Identifier: MIT */
/*
 * Finds the SYNC calls that the kernel saw and the library did not: raw system calls, io_uring,
 * another libc.
 *
 * A call that the library follows leaves two marks, in the same thread and in this order: the line
 * of the kernel when the call ends, then the event.  A line that the thread's next event does not
 * answer is a call that went past the library.
 */
#include "core/kernel_sync.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel_reader.h"

#define SYNCS	    (1ull << DS_KEV_SYNC)
#define MAX_PENDING 4096
#define MAX_UNSEEN  (1u << 20)

struct pending {
	struct ds_unseen_sync sync;
	uint32_t tid;
};

struct search {
	struct ds_run *run;
	int pid;
	uint64_t from, until;	 /* the life of this process image */
	struct pending *pending; /* in order of time */
	unsigned pendings, room;
	struct ds_unseen *ret;
};

/* A process image lives until the next one with its number, which exec made. */
static void set_life(struct search *s, const struct ds_process *p)
{
	s->pid = p->pid;
	s->from = p->start_ns;
	s->until = UINT64_MAX;
	for (unsigned i = 0; i < s->run->processes; i++) {
		const struct ds_process *q = &s->run->process[i];

		if (q->pid == p->pid && !q->launcher && q->start_ns > p->start_ns &&
		    q->start_ns < s->until)
			s->until = q->start_ns;
	}
}

static int add_unseen(struct search *s, const struct ds_unseen_sync *sync)
{
	struct ds_unseen *u = s->ret;

	u->total++;
	if (u->syncs == MAX_UNSEEN)
		return 0;
	if (!(u->syncs & (u->syncs + 1))) {
		void *p = realloc(u->sync, (u->syncs + 1u) * 2 * sizeof(*u->sync));

		if (!p)
			return -ENOMEM;
		u->sync = p;
	}
	u->sync[u->syncs++] = *sync;
	return 0;
}

static void drop(struct search *s, unsigned i)
{
	s->pendings--;
	memmove(&s->pending[i], &s->pending[i + 1], (s->pendings - i) * sizeof(*s->pending));
}

static int add_pending(struct search *s, const struct ds_kernel_line *line)
{
	uint64_t flags = line->number[DS_KNUM_flags];
	int r = 0;

	if (!(flags & DS_RW) || flags > 7) /* refused by every kernel: a probe, not a bracket */
		return 0;
	if (!s->pending) {
		s->pending = malloc(MAX_PENDING * sizeof(*s->pending));
		if (!s->pending)
			return -ENOMEM;
	}
	if (s->pendings == MAX_PENDING) { /* a thread that never makes an event */
		r = add_unseen(s, &s->pending[0].sync);
		drop(s, 0);
	}
	s->pending[s->pendings++] = (struct pending){
		.sync = {.ns = line->ns,
			 .inode = line->number[DS_KNUM_ino],
			 .flags = (uint32_t)flags,
			 .failed = line->number[DS_KNUM_ret] != 0},
		.tid = (uint32_t)line->tid,
	};
	return r;
}

static int take_lines(struct search *s, uint64_t until)
{
	struct ds_kernel_line line;
	size_t place;
	int r = 0;

	while (!r && ds_kernel_peek(s->run->lines, SYNCS) <= until &&
	       ds_kernel_next(s->run->lines, SYNCS, &line, &place))
		if (line.pid == s->pid && line.ns >= s->from && line.ns < s->until)
			r = add_pending(s, &line);
	return r;
}

/* The latest line before the event that it can answer. */
static unsigned find_answered(const struct search *s, const struct ds_event *ev)
{
	uint32_t flags = (uint32_t)(ev->a & DS_RW) | (ev->flags & DS_EVF_END ? 4 : 0);
	unsigned i = s->pendings;

	while (i-- > 0)
		if (s->pending[i].tid == ev->tid && s->pending[i].sync.ns <= ev->time_ns &&
		    s->pending[i].sync.flags == flags)
			return i;
	return s->pendings;
}

static int take_event(struct search *s, const struct ds_event *ev)
{
	unsigned answered = s->pendings;
	int r = 0;

	if (ev->type == DS_EV_SYNC)
		answered = find_answered(s, ev);
	if (answered < s->pendings)
		drop(s, answered);
	for (unsigned i = 0; i < s->pendings && !r;) {
		const struct pending *p = &s->pending[i];

		if (p->tid != ev->tid || p->sync.ns > ev->time_ns) {
			i++;
			continue;
		}
		r = add_unseen(s, &p->sync);
		drop(s, i);
	}
	return r;
}

/* Records that describe others are written in the midst of a call: they answer nothing. */
static bool happened(const struct ds_event *ev)
{
	switch (ev->type) {
	case DS_EV_CONT:
	case DS_EV_STRING:
	case DS_EV_STACK:
	case DS_EV_META:
	case DS_EV_MODULE:
	case DS_EV_BUILD_ID:
	case DS_EV_BUFFER: /* a buffer is looked at when its SYNC has returned */
	case DS_EV_ALIAS: return false;
	default: return true;
	}
}

static int by_time(const void *a, const void *b)
{
	const struct ds_unseen_sync *x = a, *y = b;

	return x->ns < y->ns ? -1 : x->ns > y->ns;
}

static int compare(struct search *s, struct ds_trace_reader *trace)
{
	struct ds_event ev;
	uint32_t slot;
	int r;

	while ((r = ds_trace_next(trace, &ev, &slot)) > 0) {
		if (!happened(&ev))
			continue;
		r = take_lines(s, ev.time_ns);
		if (!r)
			r = take_event(s, &ev);
		if (r)
			return r;
	}
	if (!r)
		r = take_lines(s, UINT64_MAX - 1);
	for (unsigned i = 0; i < s->pendings && !r; i++)
		r = add_unseen(s, &s->pending[i].sync);
	return r;
}

int ds_unseen_find(struct ds_run *run, uint32_t process, struct ds_unseen *ret)
{
	struct ds_process *p = &run->process[process];
	struct search s = {.run = run, .ret = ret};
	int r;

	*ret = (struct ds_unseen){0};
	set_life(&s, p);
	ds_kernel_rewind(run->lines);
	if (ds_kernel_peek(run->lines, SYNCS) == UINT64_MAX)
		return 0;
	r = compare(&s, p->trace);
	free(s.pending);
	if (ret->syncs)
		qsort(ret->sync, ret->syncs, sizeof(*ret->sync), by_time);
	return r ? r : ds_trace_rewind(p->trace);
}
