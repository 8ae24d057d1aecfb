/* SPDX-License-Identifier: MIT */
/*
 * A read finds what the last hand-over left stale; a write, or a call, is followed by the hand-over at
 * which it did not arrive.
 */
#include "core/consequence.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/run.h"

static void befall(struct ds_consequence *c, unsigned what, uint64_t frame, uint64_t differ,
		   uint64_t lines)
{
	c->times++;
	if (differ <= c->differ)
		return;
	c->what = what;
	c->frame = frame;
	c->differ = differ;
	c->lines = lines;
}

void ds_consequence_found(struct ds_buffer *b, struct ds_finding *f, unsigned op)
{
	if (!b)
		return;
	if (op == DS_READ && b->stale.differ) {
		befall(&f->consequence, DS_EVF_CPU_STALE, b->stale.frame, b->stale.differ,
		       b->stale.lines);
		b->stale.differ = 0; /* one frame counts once */
	} else if (op != DS_READ) {
		b->wrote = f;
	}
}

static void on_coherency(struct ds_buffer *b, const struct ds_event *ev)
{
	if (ev->flags & DS_EVF_CPU_STALE) {
		b->stale.frame = ev->b;
		b->stale.differ = ev->c;
		b->stale.lines = ev->d;
	} else if (b->wrote && ev->c) {
		befall(&b->wrote->consequence, ev->flags & (DS_EVF_DEVICE_STALE | DS_EVF_LOST),
		       ev->b, ev->c, ev->d);
	}
}

void ds_consequence_event(struct ds_run *run, struct ds_buffer *b, const struct ds_event *ev)
{
	if (ev->type == DS_EV_SHADOW) {
		run->shadows[ev->c < DS_SHADOW_REFUSED ? ev->c : DS_SHADOW_REFUSED]++;
	} else if (ev->type == DS_EV_COHERENCY && b) {
		on_coherency(b, ev);
	}
}

void ds_consequence_absorb(struct ds_consequence *into, const struct ds_consequence *from)
{
	uint64_t times = into->times + from->times;

	if (from->differ > into->differ)
		*into = *from;
	into->times = times;
}

const char *ds_consequence_text(const struct ds_consequence *c, char *buf, size_t size)
{
	const char *before = "frame", *after = "differs from what the device wrote",
		   *state = "stale";
	int n;

	*buf = 0;
	if (!c->what)
		return buf;
	if (c->what == DS_EVF_DEVICE_STALE) {
		before = "at hand-over";
		after = "the device got another picture than the program's";
		state = "not written back";
	} else if (c->what == DS_EVF_LOST) {
		before = "at hand-over";
		after = "stores of the program were thrown away";
		state = "lost";
	}
	n = snprintf(buf, size, "%s %" PRIu64 " %s: %" PRIu64 " of %" PRIu64 " lines %s", before,
		     c->frame, after, c->differ, c->lines, state);
	if (c->times > 1 && n > 0 && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n, " (the worst of %" PRIu64 ")", c->times);
	return buf;
}
