/* SPDX-License-Identifier: MIT */
/*
 * Mappings of buffers, and the interval table by which the trap handler finds them.
 *
 * The table is replaced as a whole and never changed in place: a reader that counts itself in sees
 * one consistent table, whatever the writer does, and needs no lock.
 */
#include "preload/recorder.h"
#include "preload/shared.h"
#include "preload/state.h"
#include "preload/sys.h"
#include "preload/video.h"

struct interval {
	uintptr_t lo, hi;
	uint32_t map;
};

struct intervals {
	struct intervals *retired; /* next older table that nobody uses any more */
	uint32_t used, room;
	struct interval at[];
};

static struct ds_table maps = {.size = sizeof(struct ds_map)};
static uint32_t free_maps; /* list through ds_map.next */
static _Atomic(struct intervals *) current;
static struct intervals *retired;
static _Atomic uint32_t readers;
static __thread uint32_t my_readers __attribute__((tls_model("initial-exec"))); /* its part */
static _Atomic uintptr_t lowest = UINTPTR_MAX, highest; /* only ever widened */

struct ds_map *ds_map_at(uint32_t number)
{
	return ds_table_at(&maps, number);
}

/* First interval that ends above addr. */
static uint32_t lower(const struct intervals *t, uintptr_t addr)
{
	uint32_t lo = 0, hi = t ? t->used : 0;

	while (lo < hi) {
		uint32_t mid = (lo + hi) / 2;

		if (t->at[mid].hi <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* An empty table with room for n intervals: a retired one if no reader can still see it. */
static struct intervals *fresh(uint32_t n)
{
	uint32_t room = 64;
	size_t bytes;
	struct intervals *t;

	if (!atomic_load(&readers)) {
		for (struct intervals **p = &retired; *p; p = &(*p)->retired) {
			if ((*p)->room < n)
				continue;
			t = *p;
			*p = t->retired;
			t->used = 0;
			return t;
		}
	}
	while (room < n)
		room *= 2;
	bytes = sizeof(*t) + room * sizeof(t->at[0]);
	t = ds_sys_pages(bytes);
	if (t)
		t->room = room;
	return t;
}

static void publish(struct intervals *t)
{
	struct intervals *old = atomic_exchange(&current, t);

	if (!old)
		return;
	old->retired = retired;
	retired = old;
}

/* Replace the table by one without map `drop` and with interval `add` (NULL: none). */
static bool rebuild(uint32_t drop, const struct interval *add)
{
	const struct intervals *old = atomic_load(&current);
	uint32_t n = old ? old->used : 0;
	struct intervals *t = fresh(n + 1);

	if (!t) {
		ds_note_missed(DS_MISSED_TABLE_FULL, 0);
		return false;
	}
	for (uint32_t i = 0; i < n; i++) {
		if (add && add->lo < old->at[i].lo) {
			t->at[t->used++] = *add;
			add = NULL;
		}
		if (old->at[i].map != drop)
			t->at[t->used++] = old->at[i];
	}
	if (add)
		t->at[t->used++] = *add;
	publish(t);
	return true;
}

static struct ds_map *new_map(void)
{
	struct ds_map *m = ds_map_at(free_maps);
	uint32_t number = free_maps;

	if (m && !atomic_load(&readers)) {
		free_maps = m->next;
		*m = (struct ds_map){.number = number};
		return m;
	}
	m = ds_table_new(&maps, &number);
	if (m)
		m->number = number;
	return m;
}

static void emit_map(const struct ds_map *m, enum ds_event_type type, uint32_t stack)
{
	ds_emit((struct ds_event){
		.type = (uint16_t)type,
		.flags = (uint16_t)(m->origin << DS_EVF_ORIGIN_SHIFT),
		.stack = stack,
		.buffer = m->buffer,
		.a = m->addr,
		.b = m->len,
		.c = m->offset,
		.d = m->number,
	});
}

static struct ds_map *insert(struct ds_buf *b, const struct ds_map *proto)
{
	struct ds_map *m = new_map();
	uint32_t number;

	if (!m) {
		ds_note_missed(DS_MISSED_TABLE_FULL, 0);
		return NULL;
	}
	number = m->number;
	*m = *proto;
	m->number = number;
	m->buffer = b->number;
	m->live = 1;
	m->next = b->first_map;
	b->first_map = number;
	if (m->addr < lowest)
		atomic_store(&lowest, m->addr);
	if (m->addr + m->len > highest)
		atomic_store(&highest, m->addr + m->len);
	rebuild(0, &(struct interval){m->addr, m->addr + m->len, number});
	return m;
}

/* No CPU that Linux runs on writes a page that it cannot read: PROT_WRITE alone lets a program read. */
static int in_effect(int prot)
{
	return prot & PROT_WRITE ? prot | PROT_READ : prot;
}

struct ds_map *ds_map_add(struct ds_buf *b, enum ds_origin origin, uintptr_t addr, size_t len,
			  uint64_t offset, int prot)
{
	struct ds_map proto = {.origin = (uint8_t)origin,
			       .prog_prot = in_effect(prot),
			       .addr = addr,
			       .len = len,
			       .offset = offset,
			       .want = in_effect(prot),
			       .have = in_effect(prot),
			       .rights = DS_RW};
	struct ds_map *m = insert(b, &proto);

	if (!m)
		return NULL;
	emit_map(m, DS_EV_MAP, ds_stack_here());
	ds_shared_publish(b);
	ds_guard_map(m);
	return m;
}

void ds_map_remove(struct ds_map *m)
{
	struct ds_buf *b = ds_buf_at(m->buffer);
	uint32_t *link = b ? &b->first_map : NULL;

	if (!m->live)
		return;
	rebuild(m->number, NULL);
	emit_map(m, DS_EV_UNMAP, ds_stack_here());
	while (link && *link && *link != m->number)
		link = &ds_map_at(*link)->next;
	if (link && *link)
		*link = m->next;
	m->live = 0;
	if (b && !b->first_map && b->was_open && !b->fds)
		ds_shared_leave(b);
	else if (b)
		ds_shared_publish(b);
	m->next = free_maps;
	free_maps = m->number;
	if (m->file)
		ds_video_map_dropped(m->file);
}

/* Cut one mapping in two at `addr`, which lies inside it. */
static void split(struct ds_map *m, uintptr_t addr)
{
	struct ds_map tail = *m;
	struct ds_buf *b = ds_buf_at(m->buffer);
	struct ds_map *t;
	size_t head = addr - m->addr;

	tail.addr = addr;
	tail.len = m->len - head;
	tail.offset = m->offset + head;
	tail.pinned = 0;
	rebuild(m->number, NULL);
	m->len = head;
	rebuild(0, &(struct interval){m->addr, m->addr + head, m->number});
	emit_map(m, DS_EV_MAP, 0);
	t = b ? insert(b, &tail) : NULL;
	if (t && t->file)
		ds_video_map_held(t->file);
	if (t)
		emit_map(t, DS_EV_MAP, 0);
}

static struct ds_map *at_interval(uintptr_t addr, uintptr_t end, uint32_t *at)
{
	const struct intervals *t = atomic_load(&current);

	if (!t || *at >= t->used || t->at[*at].lo >= end)
		return NULL;
	(void)addr;
	return ds_map_at(t->at[*at].map);
}

void ds_map_split(uintptr_t addr)
{
	uint32_t i = lower(atomic_load(&current), addr);
	struct ds_map *m = at_interval(addr, addr, &i);

	if (m && m->addr < addr)
		split(m, addr);
}

void ds_map_each(uintptr_t addr, size_t len, void (*fn)(struct ds_map *m, void *arg), void *arg)
{
	/* by address, since fn may replace the table */
	uintptr_t end = addr + len;

	while (addr < end) {
		uint32_t i = lower(atomic_load(&current), addr);
		struct ds_map *m = at_interval(addr, end, &i);

		if (!m)
			break;
		addr = m->addr + m->len;
		fn(m, arg);
	}
}

static void remove_one(struct ds_map *m, void *arg)
{
	(void)arg;
	ds_map_remove(m);
}

void ds_map_cut(uintptr_t addr, size_t len)
{
	ds_map_split(addr);
	ds_map_split(addr + len);
	ds_map_each(addr, len, remove_one, NULL);
}

static void set_prot(struct ds_map *m, void *arg)
{
	m->prog_prot = in_effect(*(int *)arg);
	m->have = -1; /* the program's own call has just set something else */
	ds_guard_map(m);
}

void ds_map_set_prot(uintptr_t addr, size_t len, int prot)
{
	ds_map_split(addr);
	ds_map_split(addr + len);
	ds_map_each(addr, len, set_prot, &prot);
}

static bool left_behind(const struct ds_map *m)
{
	const struct ds_buf *b = ds_buf_at(m->buffer);

	if (!m->live || m->passive || !b || b->foreign || b->fds)
		return false;
	/*
	 * A mapping of a video node keeps the open file, and with it the queue: neither is gone.
	 * The memory of a queue lives as long as its file, that of a DRM handle is not followed.
	 */
	return m->origin == DS_ORIGIN_DMABUF && b->was_open && b->kind != DS_KIND_DRM &&
	       !b->hold.claims && !ds_queue_open(b->actor);
}

void ds_map_report_left(void)
{
	struct ds_map *m;

	for (uint32_t i = 1; (m = ds_map_at(i)); i++)
		if (left_behind(m))
			emit_map(m, DS_EV_MAP_LEFT, 0);
}

static void read_begin(void)
{
	my_readers++;
	atomic_fetch_add(&readers, 1);
}

bool ds_map_any(void)
{
	return atomic_load_explicit(&highest, memory_order_relaxed) != 0;
}

bool ds_map_overlaps(uintptr_t addr, size_t len)
{
	const struct intervals *t;
	uintptr_t end = addr + len;
	bool found;
	uint32_t i;

	if (end <= atomic_load_explicit(&lowest, memory_order_relaxed) ||
	    addr >= atomic_load_explicit(&highest, memory_order_relaxed) || !len)
		return false;
	read_begin();
	t = atomic_load(&current);
	i = lower(t, addr);
	found = t && i < t->used && t->at[i].lo < end;
	ds_map_leave();
	return found;
}

struct ds_map *ds_map_enter(uintptr_t addr)
{
	const struct intervals *t;
	uint32_t i;

	read_begin();
	t = atomic_load(&current);
	i = lower(t, addr);
	return t && i < t->used && t->at[i].lo <= addr ? ds_map_at(t->at[i].map) : NULL;
}

void ds_map_leave(void)
{
	atomic_fetch_sub(&readers, 1);
	my_readers--;
}

void ds_map_after_fork(void)
{
	atomic_store(&readers, my_readers);
}
