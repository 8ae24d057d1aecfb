/* SPDX-License-Identifier: MIT */
/*
 * USERPTR, the other way round: the program's memory is the shadow, the kernel gets memory of ours.
 *
 * vb2 does not pin again what is queued at an index with the same pointer as before.  So our memory is
 * keyed by the program's pointer and kept until the queue's buffers are released.
 */
#include <string.h>

#include "preload/coherency.h"
#include "preload/maps.h"
#include "preload/sys.h"

#define PAGE 4096ul

static size_t page_up(size_t n)
{
	return (n + PAGE - 1) & ~(PAGE - 1);
}

struct ds_shadow *ds_user_shadow(struct ds_queue *q, uintptr_t ptr)
{
	struct ds_shadow *s;

	for (uint32_t i = 1; (s = ds_shadow_at(i)); i++)
		if (s->head && s->queue == q->number && (uintptr_t)s->shadow == ptr)
			return s;
	return NULL;
}

static struct ds_shadow *make(struct ds_queue *q, uintptr_t ptr, size_t len)
{
	size_t in_page = ptr & (PAGE - 1), real = page_up(in_page + len);
	size_t bytes = PAGE + page_up(len) + page_up(DS_LINES(len)) + real;
	struct ds_shadow *s;
	uint8_t *p;

	if (ds_maps_protection(ptr, len) != (PROT_READ | PROT_WRITE))
		return NULL; /* of a kind that we do not know, or none: the kernel decides */
	p = ds_shadow_map(-1, bytes, PROT_READ | PROT_WRITE, 0);
	s = p ? ds_shadow_new() : NULL;
	if (!s)
		return NULL;
	s->head = (struct ds_shadow_head *)(void *)p;
	s->bytes = bytes;
	s->shadow = (uint8_t *)ptr; /* NOLINT(performance-no-int-to-ptr) */
	s->pristine = p + PAGE;
	s->mark = s->pristine + page_up(len);
	s->real = s->mark + page_up(DS_LINES(len)) + in_page;
	s->size = len;
	s->queue = q->number;
	s->head->id = (uint64_t)q->type << 48 | s->number;
	s->head->size = len;
	s->head->loaded = 1;
	memcpy(s->real, s->shadow, len); /* until now it was ordinary memory */
	memcpy(s->pristine, s->shadow, len);
	ds_shadow_made(s);
	return s;
}

/* Pointers into buffers that have shadows of their own; the latest ones. */
static struct {
	uintptr_t real, program;
} inside[64];
static unsigned insides;

/* A pointer into such a buffer: the kernel gets the real one. */
static uintptr_t into_shadow(uintptr_t ptr, size_t len)
{
	struct ds_map *m = ds_map_enter(ptr);
	struct ds_shadow *s =
		m && m->origin != DS_ORIGIN_USERPTR ? ds_shadow_of(ds_buf_at(m->buffer)) : NULL;
	uint64_t at = m ? m->offset + (ptr - m->addr) : 0;

	ds_map_leave();
	if (!s || !s->real || at + len > s->real_bytes)
		return 0;
	inside[insides % 64].real = (uintptr_t)s->real + at;
	inside[insides++ % 64].program = ptr;
	return (uintptr_t)s->real + at;
}

uintptr_t ds_user_real(struct ds_queue *q, uintptr_t ptr, size_t len)
{
	uintptr_t real = ptr && len ? into_shadow(ptr, len) : 0;
	struct ds_shadow *s = ds_user_shadow(q, ptr);

	if (real || !ptr || !len)
		return real;
	if (s && s->size != len && !s->queued) {
		s->head =
			NULL; /* its memory stays: the kernel may still hold it at another index */
		s = NULL;
	}
	if (!s)
		s = make(q, ptr, len);
	return s ? (uintptr_t)s->real : 0;
}

uintptr_t ds_user_program(uintptr_t real)
{
	struct ds_shadow *s;

	for (uint32_t i = 1; (s = ds_shadow_at(i)); i++)
		if (s->head && s->queue && (uintptr_t)s->real == real)
			return (uintptr_t)s->shadow;
	for (unsigned i = 0; i < 64; i++)
		if (inside[i].real == real)
			return inside[i].program;
	return real;
}

void ds_user_forget(uint32_t queue)
{
	struct ds_shadow *s;

	for (uint32_t i = 1; (s = ds_shadow_at(i)); i++) {
		if (!s->head || s->queue != queue)
			continue;
		s->real = NULL; /* part of the one mapping */
		ds_shadow_drop(s);
	}
}
