/* SPDX-License-Identifier: MIT */
/* From the state of a buffer before and after an event to points, spans and latencies. */
#include "core/timeline_lane.h"

#include <errno.h>
#include <stdlib.h>

#include "core/strings.h"

#define DEVICE_LANES \
	(DS_LANES - DS_KERNEL_LANES - DS_ORIGIN_MAX - 1) /* the last one is for all that follow */

bool ds_tl_concerns_buffers(unsigned type)
{
	switch (type) {
	case DS_EV_DEVICE:
	case DS_EV_BUFFER:
	case DS_EV_ALIAS:
	case DS_EV_MAP:
	case DS_EV_UNMAP:
	case DS_EV_CLAIM:
	case DS_EV_RELEASE:
	case DS_EV_SYNC:
	case DS_EV_ACCESS:
	case DS_EV_STALE: return true;
	default: return false;
	}
}

struct ds_track *ds_track_create(uint32_t buffer)
{
	struct ds_track *tr = calloc(1, sizeof(*tr));

	if (tr)
		tr->buffer = buffer;
	return tr;
}

/* ---- lanes ---- */

static unsigned lane_add(struct ds_buffer_time *bt, struct ds_lane lane)
{
	bt->lane[bt->lanes] = lane;
	return bt->lanes++;
}

static unsigned lane_cpu(struct ds_buffer_time *bt, enum ds_origin origin)
{
	for (unsigned i = 0; i < bt->lanes; i++)
		if (bt->lane[i].kind == DS_LANE_CPU && bt->lane[i].origin == origin)
			return i;
	return lane_add(bt, (struct ds_lane){.kind = DS_LANE_CPU, .origin = origin});
}

static unsigned lane_bracket(struct ds_buffer_time *bt)
{
	for (unsigned i = 0; i < bt->lanes; i++)
		if (bt->lane[i].kind == DS_LANE_BRACKET)
			return i;
	return lane_add(bt, (struct ds_lane){.kind = DS_LANE_BRACKET});
}

/* The lane of a device, or of all devices that came too late for one; -1 when it has none yet. */
static int lane_find_device(const struct ds_buffer_time *bt, uint32_t actor)
{
	unsigned devices = 0;

	for (unsigned i = 0; i < bt->lanes; i++) {
		if (bt->lane[i].kind != DS_LANE_DEVICE)
			continue;
		if (bt->lane[i].actor == actor || ++devices == DEVICE_LANES)
			return (int)i;
	}
	return -1;
}

static unsigned lane_device(struct ds_buffer_time *bt, struct ds_tl_sink *s,
			    const struct ds_tl_event *e)
{
	const struct ds_device *d = ds_model_device(e->model, e->ev->actor);
	struct ds_lane lane = {.kind = DS_LANE_DEVICE, .actor = e->ev->actor, .device = ""};
	int found = lane_find_device(bt, e->ev->actor);
	unsigned devices = 0;
	char path[512] = "";

	if (found >= 0)
		return (unsigned)found;
	for (unsigned i = 0; i < bt->lanes; i++)
		devices += bt->lane[i].kind == DS_LANE_DEVICE;
	lane.held = calloc(1, sizeof(*lane.held));
	s->failed |= !lane.held;
	if (d && devices + 1 < DEVICE_LANES) {
		ds_trace_string(s->run->process[e->process].trace, d->path, path, sizeof(path));
		lane.device = ds_strings_add(s->t->strings, path);
		lane.type = d->type;
	}
	return lane_add(bt, lane);
}

/* ---- points ---- */

static struct ds_item point(struct ds_tl_sink *s, const struct ds_tl_event *e,
			    enum ds_item_kind kind, unsigned value, unsigned lane)
{
	return (struct ds_item){
		.start_ns = e->ns,
		.end_ns = e->ns,
		.begin = ds_tl_who(s, e),
		.kind = (uint8_t)kind,
		.value = (uint8_t)value,
		.lane = (uint8_t)lane,
	};
}

static void put_access(struct ds_buffer_time *bt, const struct ds_track *tr, struct ds_tl_sink *s,
		       const struct ds_tl_event *e)
{
	const struct ds_mapping *m = ds_model_mapping(e->model, e->ev->c);
	unsigned op = (e->ev->flags & DS_EVF_READ ? DS_READ : 0) |
		      (e->ev->flags & DS_EVF_WRITE ? DS_WRITE : 0);
	struct ds_item it;

	if (!m)
		return;
	if (op & ~ds_allowed(&e->buffer->hold, m->origin))
		op |= DS_ACCESS_FORBIDDEN;
	it = point(s, e, DS_ITEM_ACCESS, op, lane_cpu(bt, m->origin));
	it.offset = e->ev->a + m->offset;
	it.length = e->ev->b;
	bt->forbidden += op >= DS_ACCESS_FORBIDDEN;
	ds_tl_put(s, tr->buffer, &it);
}

static void put_map(struct ds_buffer_time *bt, struct ds_track *tr, struct ds_tl_sink *s,
		    const struct ds_tl_event *e)
{
	bool unmap = e->ev->type == DS_EV_UNMAP;
	const struct ds_mapping *m = ds_model_mapping(e->model, e->ev->d);
	unsigned origin = e->ev->flags >> DS_EVF_ORIGIN_SHIFT & 15;
	struct ds_item it;

	if (unmap && m)
		origin = m->origin;
	if (origin >= DS_ORIGIN_MAX || (unmap && !tr->mapped[origin]))
		return;
	if (unmap)
		tr->mapped[origin]--;
	else
		tr->mapped[origin]++;
	it = point(s, e, unmap ? DS_ITEM_UNMAP : DS_ITEM_MAP, origin, lane_cpu(bt, origin));
	it.offset = unmap ? 0 : e->ev->c;
	it.length = e->ev->b;
	ds_tl_put(s, tr->buffer, &it);
}

static void put_failed_sync(struct ds_buffer_time *bt, const struct ds_track *tr,
			    struct ds_tl_sink *s, const struct ds_tl_event *e)
{
	unsigned value = (e->ev->a & DS_RW) | (e->ev->flags & DS_EVF_END ? DS_SYNC_WAS_END : 0);
	struct ds_item it = point(s, e, DS_ITEM_SYNC_FAILED, value, lane_bracket(bt));

	it.length = (uint64_t)(uint32_t)e->ev->result;
	ds_tl_put(s, tr->buffer, &it);
}

/* ---- claims ---- */

static void claim(struct ds_buffer_time *bt, struct ds_track *tr, struct ds_tl_sink *s,
		  const struct ds_tl_event *e)
{
	if (!e->ev->b || tr->claims == DS_MAX_CLAIMS) /* an import; or more than the model keeps */
		return;
	if (tr->cpu_since)
		ds_latency_add(bt->cpu, e->ns >= tr->cpu_since ? e->ns - (tr->cpu_since - 1) : 0);
	tr->cpu_since = 0;
	tr->claim[tr->claims].start_ns = e->ns;
	tr->claim[tr->claims].actor = e->ev->actor;
	tr->claim[tr->claims].index = (uint32_t)e->ev->a;
	tr->claim[tr->claims++].lane = (uint8_t)lane_device(bt, s, e);
}

static void release(struct ds_buffer_time *bt, struct ds_track *tr, const struct ds_tl_event *e)
{
	struct ds_latency *held;
	unsigned i = 0;

	while (i < tr->claims &&
	       (tr->claim[i].actor != e->ev->actor || tr->claim[i].index != (uint32_t)e->ev->a))
		i++;
	if (i == tr->claims)
		return;
	held = bt->lane[tr->claim[i].lane].held;
	if (held)
		ds_latency_add(held,
			       e->ns > tr->claim[i].start_ns ? e->ns - tr->claim[i].start_ns : 0);
	for (tr->claims--; i < tr->claims; i++)
		tr->claim[i] = tr->claim[i + 1];
	if (!tr->claims)
		tr->cpu_since = e->ns + 1;
}

void ds_track_before(struct ds_track *tr, struct ds_tl_sink *s, const struct ds_tl_event *e)
{
	struct ds_buffer_time *bt = &s->t->buffer[tr->buffer];

	switch (e->ev->type) {
	case DS_EV_ACCESS: put_access(bt, tr, s, e); break;
	case DS_EV_MAP:
	case DS_EV_UNMAP: put_map(bt, tr, s, e); break;
	case DS_EV_CLAIM: claim(bt, tr, s, e); break;
	case DS_EV_RELEASE: release(bt, tr, e); break;
	case DS_EV_SYNC:
		if (e->ev->result)
			put_failed_sync(bt, tr, s, e);
		else
			lane_bracket(bt);
		break;
	case DS_EV_STALE: {
		struct ds_item it = point(s, e, DS_ITEM_STALE, 0, DS_LANES);

		ds_tl_put(s, tr->buffer, &it);
		break;
	}
	default: break;
	}
}

/* ---- spans ---- */

void ds_track_set(struct ds_track *tr, struct ds_tl_sink *s, unsigned lane, unsigned value,
		  uint64_t ns, uint16_t who)
{
	if (tr->open[lane].value == value)
		return;
	if (tr->open[lane].value) {
		uint64_t start = tr->open[lane].start_ns;
		struct ds_item it = {
			.start_ns = start,
			.end_ns = ns > start ? ns : start,
			.begin = tr->open[lane].begin,
			.end = who,
			.lane = (uint8_t)lane,
			.kind = DS_ITEM_SPAN,
			.value = tr->open[lane].value,
			.pinned = tr->open[lane].pinned,
		};

		ds_tl_put(s, tr->buffer, &it);
	}
	tr->open[lane].value = (uint8_t)value;
	tr->open[lane].start_ns = ns;
	tr->open[lane].begin = who;
	tr->open[lane].pinned = false;
}

static unsigned brackets_open(const struct ds_hold *h)
{
	unsigned flags = 0;

	for (unsigned i = 0; i < h->brackets; i++)
		flags |= h->bracket[i].flags;
	return flags;
}

static unsigned claimed(const struct ds_buffer_time *bt, const struct ds_hold *h, unsigned lane)
{
	unsigned use = 0;

	for (unsigned i = 0; i < h->claims; i++)
		if (lane_find_device(bt, h->claim[i].actor) == (int)lane)
			use |= h->claim[i].use;
	return use;
}

static unsigned value_of(const struct ds_buffer_time *bt, const struct ds_track *tr,
			 const struct ds_hold *h, unsigned lane)
{
	enum ds_origin origin = bt->lane[lane].origin;

	switch (bt->lane[lane].kind) {
	case DS_LANE_CPU: return tr->mapped[origin] ? DS_LANE_MAPPED | ds_allowed(h, origin) : 0;
	case DS_LANE_BRACKET: return brackets_open(h);
	default: return claimed(bt, h, lane);
	}
}

void ds_track_after(struct ds_track *tr, struct ds_tl_sink *s, const struct ds_tl_event *e)
{
	const struct ds_buffer_time *bt = &s->t->buffer[tr->buffer];
	uint16_t who;

	if (e->ev->type == DS_EV_ACCESS || !e->buffer)
		return;
	who = ds_tl_who(s, e);
	for (unsigned i = 0; i < bt->lanes; i++)
		if (bt->lane[i].kind != DS_LANE_KERNEL)
			ds_track_set(tr, s, i, value_of(bt, tr, &e->buffer->hold, i), e->ns, who);
}

void ds_track_join(struct ds_track *tr, struct ds_track *from, struct ds_tl_sink *s,
		   const struct ds_tl_event *e)
{
	ds_track_end(from, s, e->ns);
	for (unsigned i = 0; i < DS_ORIGIN_MAX; i++)
		tr->mapped[i] += from->mapped[i];
	for (unsigned i = 0; i < from->claims && tr->claims < DS_MAX_CLAIMS; i++)
		tr->claim[tr->claims++] = from->claim[i];
	from->claims = 0;
	for (unsigned i = 0; i < DS_ORIGIN_MAX; i++)
		from->mapped[i] = 0;
}

void ds_track_pin(struct ds_track *tr)
{
	for (unsigned i = 0; i < DS_LANES; i++)
		tr->open[i].pinned = true;
}

void ds_track_end(struct ds_track *tr, struct ds_tl_sink *s, uint64_t ns)
{
	for (unsigned i = 0; i < DS_LANES; i++)
		ds_track_set(tr, s, i, 0, ns, 0);
}
