/* SPDX-License-Identifier: MIT */
/* A binary heap of sources, by the time of the event that each of them shows.  See merge_time.h. */
#include "core/merge_time.h"

#include <errno.h>
#include <stdlib.h>

struct source {
	struct ds_merge_source from;
	struct ds_merge_head head;
	uint64_t ns; /* the latest time that it has shown */
	bool ended;
};

struct ds_merge {
	struct source *source;
	unsigned *heap; /* numbers of sources that have an event */
	unsigned sources, used;
};

/*
 * A clock may be too coarse to part a message from its answer.  Of events at the same time those
 * that give rights come first, those that take them last.
 */
static unsigned rank(const struct ds_event *ev)
{
	switch (ev->type) {
	case DS_EV_CLAIM: return 2;
	case DS_EV_SYNC: return ev->flags & DS_EVF_END ? 2 : 0;
	case DS_EV_ACCESS: return 1;
	default: return 0;
	}
}

static bool earlier(const struct ds_merge *m, unsigned a, unsigned b)
{
	const struct source *x = &m->source[a], *y = &m->source[b];

	if (x->ns != y->ns)
		return x->ns < y->ns;
	if (rank(&x->head.ev) != rank(&y->head.ev))
		return rank(&x->head.ev) < rank(&y->head.ev);
	return a < b;
}

static void swap(struct ds_merge *m, unsigned i, unsigned k)
{
	unsigned was = m->heap[i];

	m->heap[i] = m->heap[k];
	m->heap[k] = was;
}

static void sink(struct ds_merge *m)
{
	unsigned i = 0;

	for (;;) {
		unsigned least = i;

		for (unsigned k = 2 * i + 1; k <= 2 * i + 2 && k < m->used; k++)
			if (earlier(m, m->heap[k], m->heap[least]))
				least = k;
		if (least == i)
			return;
		swap(m, i, least);
		i = least;
	}
}

static void rise(struct ds_merge *m, unsigned i)
{
	for (; i && earlier(m, m->heap[i], m->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(m, i, (i - 1) / 2);
}

/* Let the source show its next event.  1, 0 at its end, or -errno. */
static int advance(struct source *s)
{
	int r = s->from.next(s->from.ctx, &s->head);

	if (r > 0 && s->head.ev.time_ns > s->ns)
		s->ns = s->head.ev.time_ns;
	s->ended = r <= 0;
	return r;
}

int ds_merge_create(const struct ds_merge_source *source, unsigned sources, struct ds_merge **ret)
{
	struct ds_merge *m = calloc(1, sizeof(*m));
	int r = -ENOMEM;

	if (!m)
		return r;
	m->source = calloc(sources + 1u, sizeof(*m->source));
	m->heap = calloc(sources + 1u, sizeof(*m->heap));
	if (m->source && m->heap)
		r = 0;
	m->sources = sources;
	for (unsigned i = 0; i < sources && r >= 0; i++) {
		m->source[i].from = source[i];
		r = advance(&m->source[i]);
		if (r <= 0)
			continue;
		m->heap[m->used++] = i;
		rise(m, m->used - 1);
	}
	if (r < 0) {
		ds_merge_destroy(m);
		return r;
	}
	*ret = m;
	return 0;
}

void ds_merge_destroy(struct ds_merge *m)
{
	if (!m)
		return;
	free(m->source);
	free(m->heap);
	free(m);
}

int ds_merge_next(struct ds_merge *m, unsigned *ret_source, struct ds_merge_head *ret)
{
	struct source *s;
	int r;

	if (!m->used)
		return 0;
	s = &m->source[m->heap[0]];
	*ret_source = m->heap[0];
	*ret = s->head;
	r = advance(s);
	if (r < 0)
		return r;
	if (!r)
		m->heap[0] = m->heap[--m->used];
	sink(m);
	return 1;
}

bool ds_merge_ended(const struct ds_merge *m, unsigned source)
{
	return source >= m->sources || m->source[source].ended;
}
