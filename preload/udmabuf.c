/* SPDX-License-Identifier: MIT */
/* udmabuf: a dma-buf made of pages of a memfd.  The memfd's mappings show the buffer too. */
#include "preload/udmabuf.h"

#include <linux/udmabuf.h>
#include <sys/sysmacros.h>

#include "preload/coherency.h"
#include "preload/ioctl.h"
#include "preload/maps.h"
#include "preload/recorder.h"
#include "preload/sys.h"

/* [from, from + size) of a memory file is [at, at + size) of a buffer. */
struct segment {
	uint64_t dev, inode;
	uint64_t from, size, at;
	uint32_t buffer; /* 0 = over */
};

static struct ds_table segments = {.size = sizeof(struct segment)};
static uint32_t live; /* segments of buffers that still exist */

struct window {
	uintptr_t addr;
	size_t len;
	uint64_t offset; /* in the memory file */
	int prot;
};

/* Tie the part of a mapping that shows the segment to its buffer. */
static void tie(const struct segment *s, const struct window *w)
{
	uint64_t lo = s->from > w->offset ? s->from : w->offset;
	uint64_t end = w->offset + w->len, hi = s->from + s->size < end ? s->from + s->size : end;
	struct ds_buf *b = ds_buf_at(s->buffer);
	uintptr_t addr = w->addr + (lo - w->offset);

	/* two buffers may share pages of one memfd: the first one keeps the mapping */
	if (!b || lo >= hi || ds_map_overlaps(addr, hi - lo))
		return;
	if (ds_emulating())
		ds_coherency_memfd_mapped(b, addr, hi - lo, s->at + (lo - s->from), w->prot);
	ds_map_add(b, DS_ORIGIN_MEMFD, addr, hi - lo, s->at + (lo - s->from), w->prot);
}

void ds_udmabuf_mapped(int fd, uint64_t offset, uintptr_t addr, size_t len, int prot)
{
	const struct window w = {addr, len, offset, prot};
	struct stat st;

	if (!live || ds_sys_fstat(fd, &st))
		return;
	for (uint32_t i = 1; i <= segments.used; i++) {
		const struct segment *s = ds_table_at(&segments, i);

		if (s->buffer && s->dev == st.st_dev && s->inode == st.st_ino)
			tie(s, &w);
	}
}

static int tie_vma(const struct ds_vma *vma, void *arg)
{
	const struct segment *s = arg;
	const struct window w = {vma->lo, vma->hi - vma->lo, vma->offset, vma->prot};

	if (ds_emulating() && ds_coherency_is_real(vma->lo))
		return 0;
	if (vma->inode == s->inode && makedev(vma->major, vma->minor) == s->dev)
		tie(s, &w);
	return 0;
}

static void add_segment(struct ds_buf *b, int memfd, uint64_t from, uint64_t size, uint64_t at)
{
	struct stat st;
	uint32_t number;
	struct segment *s;

	if (ds_sys_fstat(memfd, &st))
		return;
	s = ds_table_new(&segments, &number);
	if (!s) {
		ds_note_missed(DS_MISSED_TABLE_FULL, 0);
		return;
	}
	*s = (struct segment){st.st_dev, st.st_ino, from, size, at, b->number};
	live++;
	if (ds_emulating())
		ds_coherency_memfd(b, memfd, from, size, at);
	ds_maps_each(tie_vma, s);
}

void ds_udmabuf_create(struct ds_call *call)
{
	const struct udmabuf_create *create = call->arg;
	struct ds_buf *b;

	if (call->error)
		return;
	b = ds_buf_at(ds_fd_born_dmabuf(call->result, 0, DS_KIND_UDMABUF, call->name));
	if (b)
		add_segment(b, (int)create->memfd, create->offset, create->size, 0);
}

void ds_udmabuf_create_list(struct ds_call *call)
{
	const struct udmabuf_create_list *create = call->arg;
	uint64_t at = 0;
	struct ds_buf *b;

	if (call->error)
		return;
	b = ds_buf_at(ds_fd_born_dmabuf(call->result, 0, DS_KIND_UDMABUF, call->name));
	for (uint32_t i = 0; b && i < create->count; i++) {
		const struct udmabuf_create_item *item = &create->list[i];

		add_segment(b, (int)item->memfd, item->offset, item->size, at);
		at += item->size;
	}
}

static bool still_mapped(const struct ds_buf *b)
{
	for (uint32_t i = b->first_map; i; i = ds_map_at(i)->next)
		if (ds_map_at(i)->origin == DS_ORIGIN_DMABUF)
			return true;
	return false;
}

static void remove_memfd_maps(struct ds_buf *b)
{
	uint32_t i = b->first_map;

	while (i) {
		struct ds_map *m = ds_map_at(i);

		i = m->next;
		if (m->origin != DS_ORIGIN_MEMFD)
			continue;
		if (ds_emulating())
			ds_coherency_memfd_released(m);
		ds_guard_open(m); /* the memory file goes on as ordinary memory */
		ds_map_remove(m);
	}
}

void ds_udmabuf_released(struct ds_buf *b)
{
	if (!live || b->kind != DS_KIND_UDMABUF || b->fds || b->hold.claims || still_mapped(b))
		return;
	for (uint32_t i = 1; i <= segments.used; i++) {
		struct segment *s = ds_table_at(&segments, i);

		if (s->buffer != b->number)
			continue;
		s->buffer = 0;
		live--;
	}
	remove_memfd_maps(b);
}
