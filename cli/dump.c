/* SPDX-License-Identifier: MIT */
/* Prints events by their rows of event.def. */
#include "cli/dump.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "report/text.h"

static const char *const origins[DS_ORIGIN_MAX] = {
	[DS_ORIGIN_DMABUF] = "dmabuf", [DS_ORIGIN_V4L2] = "v4l2",	[DS_ORIGIN_DRM] = "drm",
	[DS_ORIGIN_MEMFD] = "memfd",   [DS_ORIGIN_USERPTR] = "userptr",
};

static const char *const uses[] = {"", "device-reads", "device-writes", "device-reads-writes"};
static const char *const rights[] = {"", "read", "write", "read-write"};

uint32_t ds_dump_buffer(const struct ds_run *run, const struct ds_dump_item *item)
{
	const struct ds_process *p = item->process;
	const struct ds_buffer *b = ds_model_buffer(&p->model, item->ev.buffer);

	return b ? (uint32_t)(ds_run_buffer_find(run, (uint32_t)(p - run->process), b->number) + 1)
		 : 0;
}

/* What the flags say, in words; at most four of them. */
static unsigned flag_words(const struct ds_event *ev, const char *ret[4])
{
	unsigned n = 0, high = ev->flags >> DS_EVF_ORIGIN_SHIFT & 15;
	bool origin = ev->type == DS_EV_MAP || ev->type == DS_EV_ACCESS;

	if (ev->type == DS_EV_ACCESS && ev->flags & 3)
		ret[n++] = rights[ev->flags & 3];
	if (ev->type == DS_EV_SYNC)
		ret[n++] = ev->flags & DS_EVF_END ? "END" : "START";
	if (ev->type == DS_EV_SYNC && ev->a & DS_RW)
		ret[n++] = rights[ev->a & DS_RW];
	if (ev->type == DS_EV_CLAIM && ev->b & 3)
		ret[n++] = uses[ev->b & 3];
	if (ev->flags & DS_EVF_FOREIGN && ev->type == DS_EV_BUFFER)
		ret[n++] = "foreign";
	if (ev->flags & DS_EVF_LEGAL && ev->type == DS_EV_ACCESS)
		ret[n++] = "legal";
	if (origin && high < DS_ORIGIN_MAX)
		ret[n++] = origins[high];
	if (ev->type == DS_EV_BUFFER)
		ret[n++] = ds_kind_name(high);
	return n;
}

/* Text of payload word `i`; false when the type has no such word. */
static bool field(const struct ds_dump_item *item, unsigned i, const char **ret_name, char *value,
		  size_t size)
{
	const uint64_t words[4] = {item->ev.a, item->ev.b, item->ev.c, item->ev.d};
	const char *name = ds_event_field(item->ev.type, i);

	if (!*name)
		return false;
	*ret_name = name + (*name == '@' || *name == '%');
	if (*name == '@')
		ds_trace_string(item->process->trace, (uint32_t)words[i], value, size);
	else
		snprintf(value, size, *name == '%' ? "0x%" PRIx64 : "%" PRId64, words[i]);
	return true;
}

static const char *error_name(int error, char *buf, size_t size)
{
	const char *name = strerrorname_np(error);

	if (name)
		return name;
	snprintf(buf, size, "errno %d", error);
	return buf;
}

static const char *event_name(const struct ds_event *ev, char *buf, size_t size)
{
	const char *name = ds_event_name(ev->type);

	if (name)
		return name;
	snprintf(buf, size, "type-%u", ev->type);
	return buf;
}

static const char *device_path(const struct ds_dump_item *item, char *buf, size_t size)
{
	const struct ds_device *d = ds_model_device(&item->process->model, item->ev.actor);

	buf[0] = 0;
	return d ? ds_trace_string(item->process->trace, d->path, buf, size) : buf;
}

void ds_dump_text(FILE *out, const struct ds_run *run, const struct ds_dump_item *item,
		  uint64_t start_ns)
{
	const struct ds_event *ev = &item->ev;
	const char *name, *words[4];
	char buf[DS_MAX_STRING];
	unsigned n = flag_words(ev, words);
	/* a thread that was slow to store its event may come before the first one */
	int64_t ns = (int64_t)(ev->time_ns - start_ns);

	fprintf(out, "%12.6f %6d/%-6u %-13s", (double)ns / 1e9, item->process->pid, ev->tid,
		event_name(ev, buf, sizeof(buf)));
	for (unsigned i = 0; i < n; i++)
		fprintf(out, " %s", words[i]);
	if (item->buffer) {
		fprintf(out, " buffer=%u [", item->buffer);
		ds_text_put(out, ds_run_buffer_name(run, item->buffer - 1, buf, sizeof(buf)));
		fputc(']', out);
	}
	for (unsigned i = 0; i < 4; i++) {
		if (!field(item, i, &name, buf, sizeof(buf)) || !*buf)
			continue; /* a text that there is not: an access by an instruction */
		fprintf(out, " %s=", name);
		ds_text_put(out, buf);
	}
	if (*device_path(item, buf, sizeof(buf)) && ev->type != DS_EV_DEVICE) {
		fputs(" device=", out);
		ds_text_put(out, buf);
	}
	if (ev->result)
		fprintf(out, " failed=%s", error_name(ev->result, buf, sizeof(buf)));
	fputc('\n', out);
}

static json_t *text(const char *s)
{
	char *valid = ds_text_utf8(s);
	json_t *value = valid ? json_string(valid) : NULL;

	free(valid);
	return value;
}

static json_t *flags(const struct ds_event *ev)
{
	const char *words[4];
	unsigned n = flag_words(ev, words);
	json_t *list = json_array();

	for (unsigned i = 0; i < n; i++)
		json_array_append_new(list, text(words[i]));
	return list;
}

static json_t *fields(const struct ds_dump_item *item)
{
	const uint64_t words[4] = {item->ev.a, item->ev.b, item->ev.c, item->ev.d};
	json_t *o = json_object();
	const char *name;
	char buf[DS_MAX_STRING];

	for (unsigned i = 0; i < 4; i++) {
		bool plain = !strchr("@%", *ds_event_field(item->ev.type, i));

		if (field(item, i, &name, buf, sizeof(buf)))
			json_object_set_new(o, name,
					    plain ? json_integer((json_int_t)words[i]) : text(buf));
	}
	return o;
}

static json_t *stack(const struct ds_dump_item *item)
{
	uint64_t address[DS_MAX_FRAMES];
	struct ds_event head;
	json_t *list = json_array();
	char buf[24];
	int n;

	if (!item->ev.stack || ds_trace_event(item->process->trace, item->ev.stack, &head) ||
	    head.type != DS_EV_STACK)
		return list;
	n = ds_trace_payload(item->process->trace, item->ev.stack, address, sizeof(address));
	for (int i = 0; i < n / (int)sizeof(address[0]); i++) {
		snprintf(buf, sizeof(buf), "0x%" PRIx64, address[i]);
		json_array_append_new(list, json_string(buf));
	}
	return list;
}

void ds_dump_json(FILE *out, const struct ds_run *run, const struct ds_dump_item *item)
{
	const struct ds_event *ev = &item->ev;
	json_t *o = json_object();
	char buf[DS_MAX_STRING];

	json_object_set_new(o, "time_ns", json_integer((json_int_t)ev->time_ns));
	json_object_set_new(o, "pid", json_integer(item->process->pid));
	json_object_set_new(o, "tid", json_integer(ev->tid));
	json_object_set_new(o, "slot", json_integer(item->slot));
	json_object_set_new(o, "event", text(event_name(ev, buf, sizeof(buf))));
	json_object_set_new(o, "flags", flags(ev));
	json_object_set_new(o, "buffer", json_integer(item->buffer));
	json_object_set_new(
		o, "buffer_name",
		text(item->buffer ? ds_run_buffer_name(run, item->buffer - 1, buf, sizeof(buf))
				  : ""));
	json_object_set_new(o, "device", text(device_path(item, buf, sizeof(buf))));
	json_object_set_new(o, "fields", fields(item));
	json_object_set_new(o, "error",
			    text(ev->result ? error_name(ev->result, buf, sizeof(buf)) : ""));
	json_object_set_new(o, "stack", stack(item));
	if (!json_dumpf(o, out, JSON_COMPACT | JSON_ENSURE_ASCII))
		fputc('\n', out);
	json_decref(o);
}
