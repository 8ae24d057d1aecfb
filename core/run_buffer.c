/* SPDX-License-Identifier: MIT */
/* The buffers that a report lists, and their names for people. */
#include <errno.h>
#include <inttypes.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/analyze.h"
#include "core/strings.h"

static const char *const kinds[DS_KIND_MAX] = {
	[DS_KIND_DMABUF] = "dmabuf", [DS_KIND_HEAP] = "heap",	    [DS_KIND_UDMABUF] = "udmabuf",
	[DS_KIND_V4L2] = "v4l2",     [DS_KIND_USERPTR] = "userptr", [DS_KIND_DRM] = "drm",
	[DS_KIND_SG] = "sg-list",
};

const char *ds_kind_name(enum ds_buffer_kind kind)
{
	return kind < DS_KIND_MAX ? kinds[kind] : "buffer";
}

/* Index slot of a buffer number, growing the table; NULL without memory. */
static uint32_t *index_slot(struct ds_process *p, uint32_t number)
{
	/* the model's room only grows and doubles, so it serves as the table's size */
	size_t room = p->model.buffers_room;
	uint32_t *table;

	if (p->buffer_index && number < p->buffer_index[0])
		return &p->buffer_index[number];
	table = realloc(p->buffer_index, room * sizeof(*table));
	if (!table)
		return NULL;
	memset(table + (p->buffer_index ? table[0] : 0), 0,
	       (room - (p->buffer_index ? table[0] : 0)) * sizeof(*table));
	table[0] = (uint32_t)room; /* buffer numbers start at 1: entry 0 holds the size */
	p->buffer_index = table;
	return &table[number];
}

int64_t ds_run_buffer_find(const struct ds_run *run, uint32_t process, uint32_t number)
{
	const uint32_t *table =
		process < run->processes ? run->process[process].buffer_index : NULL;

	return table && number && number < table[0] ? (int64_t)table[number] - 1 : -1;
}

static const char *string_at(struct ds_run *run, struct ds_process *p, uint32_t slot)
{
	char buf[512];

	return ds_strings_add(run->strings, ds_trace_string(p->trace, slot, buf, sizeof(buf)));
}

int64_t ds_run_buffer_add(struct ds_run *run, const struct ds_run_buffer *b)
{
	if (!(run->buffers & (run->buffers + 1))) { /* room doubles at 0, 1, 3, 7 ... */
		struct ds_run_buffer *list =
			realloc(run->buffer, ((size_t)run->buffers + 1) * 2 * sizeof(*list));

		if (!list)
			return -ENOMEM;
		run->buffer = list;
	}
	run->buffer[run->buffers] = *b;
	run->buffer[run->buffers].id = run->buffers + 1;
	return run->buffers++;
}

int64_t ds_run_buffer_index(struct ds_run *run, uint32_t process, const struct ds_buffer *b)
{
	struct ds_process *p = &run->process[process];
	uint32_t *slot = index_slot(p, b->number);
	const struct ds_device *dev = ds_model_device(&p->model, b->device);
	int64_t index;

	if (!slot)
		return -ENOMEM;
	if (*slot)
		return *slot - 1;
	const struct ds_run_buffer entry = {
		.process = process,
		.number = b->number,
		.kind = b->kind,
		.inode = b->inode,
		.size = b->size,
		.identity = b->identity,
		.created_ns = b->created_ns,
		.exporter = string_at(run, p, b->exporter),
		.device = dev ? string_at(run, p, dev->path) : "",
	};
	index = ds_run_buffer_add(run, &entry);
	if (index >= 0)
		*slot = (uint32_t)index + 1;
	return index;
}

void ds_run_buffers_complete(struct ds_run *run)
{
	for (uint32_t i = 0; i < run->buffers; i++) {
		struct ds_run_buffer *rb = &run->buffer[i];
		struct ds_process *p = &run->process[rb->process];
		const struct ds_buffer *b = ds_model_buffer(&p->model, rb->number);

		if (!b || rb->inode)
			continue;
		rb->inode = b->inode;
		if (!*rb->exporter)
			rb->exporter = string_at(run, p, b->exporter);
	}
}

static const char *queue_name(unsigned type)
{
	switch (type) {
	case V4L2_BUF_TYPE_VIDEO_CAPTURE:
	case V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE: return "capture buffer";
	case V4L2_BUF_TYPE_VIDEO_OUTPUT:
	case V4L2_BUF_TYPE_VIDEO_OUTPUT_MPLANE: return "output buffer";
	case V4L2_BUF_TYPE_META_CAPTURE: return "metadata capture buffer";
	case V4L2_BUF_TYPE_META_OUTPUT: return "metadata output buffer";
	case V4L2_BUF_TYPE_VBI_CAPTURE: return "VBI capture buffer";
	case V4L2_BUF_TYPE_VBI_OUTPUT: return "VBI output buffer";
	case V4L2_BUF_TYPE_SDR_CAPTURE: return "SDR capture buffer";
	default: return "V4L2 buffer";
	}
}

const char *ds_run_buffer_name(const struct ds_run *run, uint32_t buffer, char *buf, size_t size)
{
	const struct ds_run_buffer *b = buffer < run->buffers ? &run->buffer[buffer] : NULL;
	char plane[24] = "";

	if (!b) {
		snprintf(buf, size, "unknown buffer");
	} else if (b->kind == DS_KIND_V4L2) {
		if (DS_IDENTITY_PLANE(b->identity))
			snprintf(plane, sizeof(plane), " plane %u", DS_IDENTITY_PLANE(b->identity));
		snprintf(buf, size, "%s %u%s%s%s", queue_name(DS_IDENTITY_TYPE(b->identity)),
			 DS_IDENTITY_INDEX(b->identity), plane, *b->device ? " of " : "",
			 b->device);
	} else if (b->kind == DS_KIND_SG) {
		snprintf(buf, size, "sg list of device %s", b->device);
	} else if (b->kind == DS_KIND_USERPTR) {
		snprintf(buf, size, "user memory at 0x%" PRIx64, b->identity);
	} else if (b->kind == DS_KIND_DRM && !b->inode) {
		snprintf(buf, size, "buffer %" PRIu64 "%s%s", b->identity, *b->device ? " of " : "",
			 b->device);
	} else {
		snprintf(buf, size, "dma-buf %" PRIu64 "%s%s%s", b->inode, *b->exporter ? " (" : "",
			 b->exporter, *b->exporter ? ")" : "");
	}
	return buf;
}
