/* SPDX-License-Identifier: MIT */
/* Replays the events of one process into buffers, mappings, devices and modules. */
#include "core/model.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* More of one kind than any recorder keeps: a trace that names more is corrupt. */
#define MAX_NUMBER (1u << 20)

/* Let `number` be a valid index of a zero-filled array.  0, -ENOMEM or -EBADMSG. */
static int reach(void **array, uint32_t *count, uint32_t *room, size_t size, uint64_t number)
{
	uint32_t n = *room ? *room : 16;
	void *p;

	if (!number || number >= MAX_NUMBER)
		return -EBADMSG;
	while (n <= number)
		n *= 2;
	if (n > *room) {
		p = calloc(n, size); /* a corrupt number costs addresses, not memory */
		if (!p)
			return -ENOMEM;
		if (*array)
			memcpy(p, *array, *room * size);
		free(*array);
		*array = p;
		*room = n;
	}
	if (*count <= number)
		*count = (uint32_t)number + 1;
	return 0;
}

#define REACH(m, what, number) \
	reach((void **)&(m)->what, &(m)->what##s, &(m)->what##s_room, sizeof(*(m)->what), number)

void ds_model_finish(struct ds_model *m)
{
	free(m->buffer);
	free(m->mapping);
	free(m->device);
	free(m->module);
	free(m->object);
	memset(m, 0, sizeof(*m));
}

struct ds_buffer *ds_model_buffer(const struct ds_model *m, uint32_t number)
{
	/* joined chains are short; the bound only stops a hostile loop */
	for (int hops = 0; hops < 64; hops++) {
		if (!number || number >= m->buffers || !m->buffer[number].number)
			return NULL;
		if (!m->buffer[number].joined)
			return &m->buffer[number];
		number = m->buffer[number].joined;
	}
	return NULL;
}

struct ds_mapping *ds_model_mapping(const struct ds_model *m, uint64_t number)
{
	return number && number < m->mappings ? &m->mapping[number] : NULL;
}

struct ds_device *ds_model_device(const struct ds_model *m, uint32_t number)
{
	return number && number < m->devices ? &m->device[number] : NULL;
}

const struct ds_module *ds_model_module(const struct ds_model *m, uint32_t slot, uint64_t address)
{
	for (uint32_t i = m->modules; i-- > 0;) {
		const struct ds_module *mod = &m->module[i];

		if (mod->slot < slot && mod->start <= address && address < mod->end)
			return mod;
	}
	return NULL;
}

static int on_module(struct ds_model *m, const struct ds_event *ev, uint32_t slot)
{
	struct ds_module *mod;

	if (m->modules == m->modules_room) {
		uint32_t room = m->modules_room ? m->modules_room * 2 : 64;
		struct ds_module *p =
			room < MAX_NUMBER ? realloc(m->module, room * sizeof(*p)) : NULL;

		if (!p)
			return -ENOMEM;
		m->module = p;
		m->modules_room = room;
	}
	mod = &m->module[m->modules++];
	memset(mod, 0, sizeof(*mod));
	mod->slot = slot;
	mod->start = ev->a;
	mod->end = ev->b;
	mod->bias = ev->c;
	mod->path = (uint32_t)ev->d;
	return 0;
}

static int on_build_id(struct ds_model *m, const struct ds_event *ev)
{
	struct ds_module *mod = m->modules ? &m->module[m->modules - 1] : NULL;
	uint64_t words[3] = {ev->b, ev->c, ev->d};

	if (!mod || ev->a > sizeof(mod->build_id))
		return -EBADMSG;
	memcpy(mod->build_id, words, sizeof(mod->build_id));
	mod->build_id_len = (uint8_t)ev->a;
	return 0;
}

static int on_buffer(struct ds_model *m, const struct ds_event *ev, uint32_t slot)
{
	struct ds_buffer *b;
	unsigned kind = ev->flags >> DS_EVF_KIND_SHIFT & 15;
	int r = REACH(m, buffer, ev->buffer);

	if (r)
		return r;
	b = &m->buffer[ev->buffer];
	memset(b, 0, sizeof(*b));
	b->number = ev->buffer;
	b->kind = kind < DS_KIND_MAX ? kind : DS_KIND_DMABUF;
	b->foreign = ev->flags & DS_EVF_FOREIGN;
	b->inode = ev->a;
	b->size = ev->b;
	b->identity = ev->c;
	b->exporter = (uint32_t)ev->d;
	b->device = ev->actor;
	b->created_ns = ev->time_ns;
	b->birth = DS_REF(slot, ev->stack);
	if (b->kind == DS_KIND_DRM) /* memory of a device by its nature */
		b->device_slot = slot;
	return 0;
}

/* The buffer has one more inode (EXPBUF), or `other` turned out to be the same buffer. */
static int on_alias(struct ds_model *m, const struct ds_event *ev)
{
	struct ds_buffer *b = ds_model_buffer(m, ev->buffer);
	struct ds_buffer *other = ds_model_buffer(m, (uint32_t)ev->b);

	if (!b)
		return -EBADMSG;
	if (!b->inode)
		b->inode = ev->a;
	if (!other || other == b)
		return 0;
	ds_hold_join(&b->hold, &other->hold);
	if (other->device_slot && (!b->device_slot || other->device_slot < b->device_slot))
		b->device_slot = other->device_slot;
	other->joined = b->number;
	return 0;
}

static int on_map(struct ds_model *m, const struct ds_event *ev, uint32_t slot)
{
	unsigned origin = ev->flags >> DS_EVF_ORIGIN_SHIFT & 15;
	int r = REACH(m, mapping, ev->d);
	struct ds_buffer *b;
	bool was_live;
	uint64_t ref;

	if (r)
		return r;
	was_live = m->mapping[ev->d].live;
	ref = m->mapping[ev->d].ref;
	m->mapping[ev->d] = (struct ds_mapping){
		.buffer = ev->buffer,
		.origin = origin < DS_ORIGIN_MAX ? origin : DS_ORIGIN_V4L2,
		.address = ev->a,
		.length = ev->b,
		.offset = ev->c,
		.ref = was_live && !ev->stack ? ref : DS_REF(slot, ev->stack), /* cut: born once */
		.live = true,
	};
	b = ds_model_buffer(m, ev->buffer);
	if (b && !was_live)
		b->guarded++;
	return 0;
}

static int on_claim(struct ds_buffer *b, const struct ds_event *ev, uint32_t slot)
{
	uint64_t ref = DS_REF(slot, ev->stack);

	if (ev->result)
		return 0;
	if (!b->device_slot)
		b->device_slot = slot;
	b->failed_start = 0;
	/* a claim that does not use the buffer is an import: a device has seen it, no more */
	if (!ev->b)
		return 0;
	if (ev->b & DS_DEVICE_FENCE) {
		ds_hold_claim(&b->hold, ev->actor, (uint32_t)ev->a, ev->b & 7, ref);
		return 0;
	}
	if (!b->claims++)
		b->first_claim = ref;
	b->hints = ev->c & DS_CLAIM_HINTS;
	ds_hold_claim(&b->hold, ev->actor, (uint32_t)ev->a, ev->b & 3, ref);
	b->hold.promised = ev->c & DS_RW;
	b->hold.promise_ref = ref;
	b->written = 0;
	return 0;
}

static int on_sync(struct ds_buffer *b, const struct ds_event *ev, uint32_t slot)
{
	if (ev->flags & DS_EVF_END) {
		if (!ev->result) {
			ds_hold_end(&b->hold, (unsigned)ev->a, NULL);
			/* the whole buffer is cleaned, by whatever it was written */
			if (ev->a & DS_WRITE)
				b->written = 0;
			b->failed_start = 0;
		}
	} else if (!ev->result) {
		ds_hold_start(&b->hold, (unsigned)ev->a, DS_REF(slot, ev->stack));
		b->failed_start = 0;
	} else if (ev->result == EINTR || ev->result == EAGAIN) {
		b->failed_start = ev->a & DS_RW;
		b->failed_ref = DS_REF(slot, ev->stack);
	}
	return 0;
}

static void on_unmap(struct ds_model *m, struct ds_buffer *b, const struct ds_event *ev,
		     uint32_t slot)
{
	struct ds_mapping *map = ds_model_mapping(m, ev->d);

	b->unmapped = DS_REF(slot, ev->stack);
	if (map && map->live && b->guarded)
		b->guarded--;
	if (map)
		map->live = false;
}

/* What the CPU was seen to do inside its rights: observe=1. */
/* Is the display's copy all that is seen of it?  Who has several flips to what was drawn. */
static bool is_copied(const struct ds_buffer *b)
{
	for (unsigned i = 0; i < DS_MAX_SHOWN; i++)
		if (b->shown[i].state == (DS_SCANOUT_SHOWN | DS_SCANOUT_COPY))
			return true;
	return false;
}

static void on_access(const struct ds_model *m, struct ds_buffer *b, const struct ds_event *ev,
		      uint32_t slot)
{
	const struct ds_mapping *map = ds_model_mapping(m, ev->c);
	bool wrote = ev->flags & DS_EVF_WRITE;

	b->touched = true;
	if (wrote && !b->unflushed && is_copied(b))
		b->unflushed = DS_REF(slot, ev->stack);
	if (wrote && (ev->flags & DS_EVF_LEGAL) && map && map->origin == DS_ORIGIN_V4L2 &&
	    !b->written)
		b->written = DS_REF(slot, ev->stack);
	ds_hold_used(&b->hold,
		     (ev->flags & DS_EVF_READ ? DS_READ : 0u) | (wrote ? DS_WRITE : 0u) |
			     (wrote && !(ev->flags & DS_EVF_EXACT) ? DS_USED_INEXACT : 0u));
}

/* A head that finds no room is not followed: nothing will be said of what it shows. */
static void on_scanout(struct ds_buffer *b, const struct ds_event *ev, uint32_t slot)
{
	struct ds_shown *at = NULL;

	for (unsigned i = 0; i < DS_MAX_SHOWN; i++) {
		struct ds_shown *s = &b->shown[i];

		if (s->state && s->actor == ev->actor && s->head == ev->a) {
			at = s;
			break;
		}
		if (!s->state && !at)
			at = s;
	}
	if (at)
		*at = (struct ds_shown){ev->actor, (uint32_t)ev->a, ev->c & 15,
					DS_REF(slot, ev->stack)};
	if (ev->c)
		b->unflushed = 0;
}

static void on_fd_close(struct ds_buffer *b, const struct ds_event *ev, uint32_t slot)
{
	unsigned at = b->fd_closes++ % DS_CLOSES_KEPT;

	/* the same number again: the later close is the one that counts */
	for (unsigned i = 0; i < DS_CLOSES_KEPT; i++)
		if (b->fd_closed[i].ref && b->fd_closed[i].fd == ev->a)
			at = i;
	b->fd_closed[at] = (struct ds_closed){ev->a, DS_REF(slot, ev->stack)};
	if (!ev->b) /* another descriptor of the buffer is still open */
		return;
	b->closed = DS_REF(slot, ev->stack);
}

/* The call that gave out the first descriptor says more about a buffer's birth than its creation. */
static void on_fd_open(struct ds_buffer *b, const struct ds_event *ev, uint32_t slot)
{
	b->closed = 0;
	if (!b->named)
		b->birth = DS_REF(slot, ev->stack);
	b->named = true;
}

static int on_device(struct ds_model *m, const struct ds_event *ev)
{
	int r = REACH(m, device, ev->actor);

	if (!r)
		m->device[ev->actor] = (struct ds_device){(uint32_t)ev->a, ev->b, (uint32_t)ev->c};
	return r;
}

int ds_model_step(struct ds_model *m, const struct ds_event *ev, uint32_t slot)
{
	struct ds_buffer *b = ds_model_buffer(m, ev->buffer);

	switch (ev->type) {
	case DS_EV_MODULE: return on_module(m, ev, slot);
	case DS_EV_BUILD_ID: return on_build_id(m, ev);
	case DS_EV_DEVICE: return on_device(m, ev);
	case DS_EV_BUFFER: return on_buffer(m, ev, slot);
	case DS_EV_ALIAS: return on_alias(m, ev);
	case DS_EV_MAP: return on_map(m, ev, slot);
	case DS_EV_SYNCOBJ: return ds_model_syncobj(m, ev, slot);
	default: break;
	}
	if (!b)
		return 0;
	switch (ev->type) {
	case DS_EV_CLAIM: return on_claim(b, ev, slot);
	case DS_EV_RELEASE:
		ds_hold_release(&b->hold, ev->actor, (uint32_t)ev->a, ev->b, NULL);
		return 0;
	case DS_EV_SYNC: return on_sync(b, ev, slot);
	case DS_EV_FD_CLOSE: on_fd_close(b, ev, slot); return 0;
	case DS_EV_FD_OPEN: on_fd_open(b, ev, slot); return 0;
	case DS_EV_UNMAP: on_unmap(m, b, ev, slot); return 0;
	case DS_EV_ACCESS: on_access(m, b, ev, slot); return 0;
	case DS_EV_SCANOUT: on_scanout(b, ev, slot); return 0;
	case DS_EV_FLUSH:
		b->flushed = true;
		b->unflushed = 0;
		return 0;
	case DS_EV_UNGUARDED:
	case DS_EV_SHARED: b->unseen = true; return 0;
	default: return 0;
	}
}
