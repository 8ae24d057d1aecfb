/* SPDX-License-Identifier: MIT */
/* The page's data about buffers over time: columns of numbers, differences instead of times. */
#include <linux/videodev2.h>
#include <string.h>

#include "report/html.h"

static const char *const origins[DS_ORIGIN_MAX] = {
	[DS_ORIGIN_DMABUF] = "dma-buf",
	[DS_ORIGIN_V4L2] = "V4L2",
	[DS_ORIGIN_DRM] = "DRM",
	[DS_ORIGIN_MEMFD] = "memfd",
	[DS_ORIGIN_USERPTR] = "user memory",
};

static const char *queue_name(unsigned type)
{
	switch (type) {
	case 0: return "";
	case V4L2_BUF_TYPE_VIDEO_CAPTURE:
	case V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE: return "capture";
	case V4L2_BUF_TYPE_VIDEO_OUTPUT:
	case V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE: return "output";
	default: return "queue";
	}
}

/* Count, extremes, quantiles, and the buckets that are not empty: number, count, ... */
static json_t *latency(struct ds_html *h, const struct ds_latency *l)
{
	json_t *o = json_object(), *buckets = json_array();

	ds_html_set(h, o, "n", ds_html_number(l->count));
	ds_html_set(h, o, "min", ds_html_number(l->min));
	ds_html_set(h, o, "median", ds_html_number(ds_latency_quantile(l, 50)));
	ds_html_set(h, o, "p95", ds_html_number(ds_latency_quantile(l, 95)));
	ds_html_set(h, o, "max", ds_html_number(l->max));
	ds_html_set(h, o, "sum", ds_html_number(l->sum));
	for (unsigned i = 0; i < DS_LATENCY_BUCKETS; i++) {
		if (!l->bucket[i])
			continue;
		ds_html_add(h, buckets, json_integer(i));
		ds_html_add(h, buckets, ds_html_number(l->bucket[i]));
	}
	ds_html_set(h, o, "buckets", buckets);
	return o;
}

/* Share of each bin's time as one character of 64, so that a row is a short string. */
static json_t *density(const struct ds_html *h, const uint64_t *bin)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[DS_BINS + 1];
	unsigned used = 0;

	for (unsigned i = 0; i < DS_BINS; i++) {
		uint64_t share = bin[i] * 63 / h->time->bin_ns;

		share = bin[i] && !share ? 1 : share; /* little is not nothing */
		text[i] = digits[share < 63 ? share : 63];
		used = bin[i] ? i + 1 : used;
	}
	text[used] = 0;
	return json_string(text);
}

/* ---- items ---- */

struct columns {
	json_t *start, *length, *value, *begin, *end;
	uint64_t last;
};

static void add_item(struct ds_html *h, struct columns *c, const struct ds_item *it)
{
	ds_html_add(h, c->start, ds_html_number(it->start_ns - c->last));
	ds_html_add(h, c->length, ds_html_number(it->end_ns - it->start_ns));
	ds_html_add(h, c->value, json_integer(it->value));
	ds_html_add(h, c->begin, json_integer(it->begin));
	ds_html_add(h, c->end, json_integer(it->end));
	c->last = it->start_ns;
}

static void put_spans(struct ds_html *h, json_t *o, uint32_t buffer, unsigned lane, uint32_t *at)
{
	struct columns c = {json_array(), json_array(), json_array(),
			    json_array(), json_array(), 0};
	uint32_t i = *at;

	for (; i < h->time->items; i++) {
		const struct ds_item *it = &h->time->item[i];

		if (it->buffer != buffer || it->lane != lane)
			break;
		if (it->kind == DS_ITEM_SPAN)
			add_item(h, &c, it);
	}
	*at = i;
	ds_html_set(h, o, "s", c.start);
	ds_html_set(h, o, "d", c.length);
	ds_html_set(h, o, "v", c.value);
	ds_html_set(h, o, "b", c.begin);
	ds_html_set(h, o, "e", c.end);
}

/* Points are few beside the spans: one row each, the words named in app code. */
static json_t *points(struct ds_html *h, uint32_t from, uint32_t to)
{
	json_t *list = json_array();

	for (uint32_t i = from; i < to; i++) {
		const struct ds_item *it = &h->time->item[i];

		if (it->kind == DS_ITEM_SPAN)
			continue;
		ds_html_add(h, list,
			    json_pack("[I,i,i,i,i,I,I]", (json_int_t)it->start_ns, it->kind,
				      it->value, it->lane, it->begin,
				      (json_int_t)(it->offset & INT64_MAX),
				      (json_int_t)(it->length & INT64_MAX)));
	}
	return list;
}

static json_t *lane(struct ds_html *h, const struct ds_lane *l)
{
	static const char *const kinds[] = {"cpu", "bracket", "device", "kernel"};
	json_t *o = json_object();

	ds_html_set(h, o, "kind", json_string(kinds[l->kind]));
	ds_html_set(h, o, "spans", ds_html_number(l->spans));
	if (l->kind == DS_LANE_CPU)
		ds_html_set(h, o, "origin", json_string(origins[l->origin]));
	if (l->kind == DS_LANE_KERNEL) {
		ds_html_set(h, o, "device", ds_html_text(l->device));
		ds_html_set(h, o, "track", json_string(ds_kernel_track_name(l->track)));
	}
	if (l->kind == DS_LANE_DEVICE) {
		ds_html_set(h, o, "device", ds_html_text(l->device));
		ds_html_set(h, o, "queue", json_string(queue_name(l->type)));
		if (l->held)
			ds_html_set(h, o, "held", latency(h, l->held));
	}
	return o;
}

static void put_lanes(struct ds_html *h, json_t *o, uint32_t i, uint32_t *at)
{
	const struct ds_buffer_time *bt = &h->time->buffer[i];
	uint32_t from = *at;
	json_t *list = json_array(), *bins = json_array();

	for (unsigned k = 0; k < bt->lanes; k++) {
		json_t *one = lane(h, &bt->lane[k]);

		put_spans(h, one, i, k, at);
		ds_html_add(h, list, one);
	}
	while (*at < h->time->items && h->time->item[*at].buffer == i)
		++*at;
	for (unsigned c = 0; c < DS_BIN_CHANNELS; c++)
		ds_html_add(h, bins, density(h, bt->bin[c]));
	ds_html_set(h, o, "lanes", list);
	ds_html_set(h, o, "points", points(h, from, *at));
	ds_html_set(h, o, "bins", bins);
	ds_html_set(h, o, "cpu", latency(h, bt->cpu));
}

static json_t *buffer(struct ds_html *h, uint32_t i, uint32_t *at)
{
	const struct ds_run_buffer *rb = &h->run->buffer[i];
	const struct ds_buffer_time *bt = &h->time->buffer[i];
	json_t *o = json_object();
	char name[512];

	ds_html_set(h, o, "i", ds_html_number(i));
	ds_html_set(h, o, "id", ds_html_number(rb->id));
	ds_html_set(h, o, "name", ds_html_text(ds_run_buffer_name(h->run, i, name, sizeof(name))));
	ds_html_set(h, o, "kind", json_string(ds_kind_name(rb->kind)));
	ds_html_set(h, o, "inode", ds_html_number(rb->inode));
	ds_html_set(h, o, "size", ds_html_number(rb->size));
	ds_html_set(h, o, "exporter", ds_html_text(rb->exporter));
	ds_html_set(h, o, "process", json_integer(rb->process));
	ds_html_set(h, o, "created", ds_html_number(ds_html_time(h, rb->process, rb->created_ns)));
	ds_html_set(h, o, "claims", ds_html_number(bt->claims));
	ds_html_set(h, o, "releases", ds_html_number(bt->releases));
	ds_html_set(h, o, "syncs", ds_html_number(bt->syncs));
	ds_html_set(h, o, "failed_syncs", ds_html_number(bt->failed));
	ds_html_set(h, o, "accesses", ds_html_number(bt->accesses));
	ds_html_set(h, o, "forbidden", ds_html_number(bt->forbidden));
	put_lanes(h, o, i, at);
	return o;
}

static json_t *whos(struct ds_html *h)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < h->time->whos; i++) {
		const struct ds_who *w = &h->time->who[i];
		json_t *one = json_array();

		ds_html_add(h, one, ds_html_number(w->process));
		ds_html_add(h, one, json_integer(w->tid));
		ds_html_add(h, one, ds_html_text(w->call));
		if (w->comm)
			ds_html_add(h, one, ds_html_text(w->comm));
		ds_html_add(h, list, one);
	}
	return list;
}

static json_t *scale(struct ds_html *h)
{
	const struct ds_timeline *t = h->time;
	json_t *o = json_object();

	ds_html_set(h, o, "bin", ds_html_number(t->bin_ns));
	ds_html_set(h, o, "total", ds_html_number(t->total));
	ds_html_set(h, o, "kept", ds_html_number(t->items));
	ds_html_set(h, o, "window", ds_html_number(t->window_ns));
	ds_html_set(h, o, "every", ds_html_number(t->every_ns));
	return o;
}

void ds_html_put_timeline(struct ds_html *h, json_t *page)
{
	json_t *list = json_array();
	uint32_t at = 0, own = 0;

	for (uint32_t i = 0; i < h->time->buffers; i++) {
		own += h->time->buffer[i].joined == i;
		if (h->time->buffer[i].shown)
			ds_html_add(h, list, buffer(h, i, &at));
	}
	ds_html_set(h, page, "time", scale(h));
	ds_html_set(h, page, "whos", whos(h));
	ds_html_set(h, page, "buffers", list);
	ds_html_set(h, page, "buffers_total", ds_html_number(own));
}
