/* SPDX-License-Identifier: MIT */
/* Which buffers have a shadow, and what mappings, exports and the end of a buffer do to it. */
#include "preload/coherency.h"

#include <errno.h>
#include <string.h>

#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/text.h"

/* ---- which buffers ---- */

/*
 * Cached memory of an exporter that maintains caches at SYNC.  DRM's buffers are write-combined or
 * synchronised by fences: there is nothing stale to show.
 */
static bool suits(struct ds_buf *b, int fd)
{
	char name[64] = "", path[128], *at = path;

	if (b->real_only)
		return false;
	if (b->kind == DS_KIND_V4L2)
		return true;
	ds_exporter(fd, name, sizeof(name));
	if (!strcmp(name, "udmabuf") || !strncmp(name, "videobuf2_", 10))
		return true;
	ds_put_text(&at, path + sizeof(path), "/dev/dma_heap/");
	ds_put_text(&at, path + sizeof(path), name);
	if (*name && !strstr(name, "uncached") && !strchr(name, '/') &&
	    !DS_SYS(faccessat, AT_FDCWD, path, F_OK))
		return true;
	ds_shadow_none(b, true, "write-combined, uncached or synchronised by fences");
	return false;
}

static size_t size_of(const struct ds_buf *b, int fd, uint32_t file, size_t len)
{
	long n;

	if (file)
		return ds_shadow_pages(b->size > len ? b->size : len);
	n = DS_SYS(lseek, fd, 0, SEEK_END);
	DS_SYS(lseek, fd, 0, SEEK_SET);
	return n > 0 ? ds_shadow_pages((uint64_t)n) : 0;
}

void ds_coherency_mapped(struct ds_buf *b, int fd, uint64_t offset, uint32_t file, uintptr_t addr,
			 size_t len, uint64_t at, int prot)
{
	struct ds_shadow *s = ds_shadow_of(b);

	if (!suits(b, fd))
		return;
	if (!s)
		s = ds_shadow_attach(b, size_of(b, fd, file, len));
	if (!s) {
		ds_shadow_none(b, false, "no memory for its shadow");
		return;
	}
	if (!ds_shadow_reach(s, fd, offset, file)) {
		ds_shadow_none(b, false, "the buffer cannot be mapped a second time");
		return;
	}
	ds_shadow_show(s, b, addr, len, at, prot);
}

struct ds_shadow *ds_shadow_find(struct ds_buf *b, int fd)
{
	struct ds_shadow *s = ds_shadow_of(b);

	if (!b || b->real_only)
		return NULL;
	if (!s && b->inode)
		s = ds_shadow_attach(b, 0);
	return s && ds_shadow_reach(s, fd, 0, 0) ? s : NULL;
}

void ds_coherency_exported(struct ds_buf *b, int fd)
{
	if (!b || ds_shadow_of(b) || !suits(b, fd))
		return;
	ds_shadow_attach(b, size_of(b, fd, 0, 0));
	if (ds_shadow_of(b))
		ds_shadow_reach(ds_shadow_of(b), fd, 0, 0);
}

/* ---- the end ---- */

void ds_coherency_idle(struct ds_buf *b)
{
	struct ds_shadow *s = ds_shadow_of(b);

	if (s && !s->queue && b->kind != DS_KIND_V4L2 && !b->fds && !b->first_map &&
	    !b->hold.claims)
		ds_shadow_drop(s);
}

void ds_coherency_file_gone(uint32_t file)
{
	struct ds_shadow *s;

	for (uint32_t i = 1; (s = ds_shadow_at(i)); i++)
		if (s->head && file && s->file == file)
			ds_shadow_drop(s);
}

void ds_coherency_reqbufs(struct ds_queue *q)
{
	for (uint32_t i = 0; i < DS_SLOT_CHUNKS * DS_SLOTS_PER_CHUNK; i++) {
		struct ds_slot *slot = ds_slot_at(q, i, false);

		if (!slot)
			i |= DS_SLOTS_PER_CHUNK - 1;
		for (unsigned p = 0; slot && slot->present && p < slot->planes; p++) {
			struct ds_buf *b = ds_buf_at(slot->plane[p].buffer);
			struct ds_shadow *s = ds_shadow_of(b);

			if (s && b->kind == DS_KIND_V4L2 && !b->first_map && !b->fds)
				ds_shadow_drop(s);
		}
	}
}

/* ---- what else the kernel does with mappings ---- */

int ds_coherency_remap_error(uintptr_t addr, size_t old_len, size_t len, int flags)
{
	struct ds_map *m = ds_map_enter(addr);
	struct ds_shadow *s = m ? ds_shadow_of(ds_buf_at(m->buffer)) : NULL;
	bool real = !s || s->queue || m->origin == DS_ORIGIN_MEMFD;

	ds_map_leave();
	if (real)
		return 0;
	if (flags & MREMAP_DONTUNMAP)
		return EINVAL;
	return len > old_len || !old_len ? EFAULT : 0; /* VM_DONTEXPAND, VM_PFNMAP */
}

struct pinned {
	const char *call;
};

static void surrender(struct ds_map *m, void *arg)
{
	const struct pinned *p = arg;
	struct ds_buf *b = ds_buf_at(m->buffer);
	struct ds_shadow *s = ds_shadow_of(b);
	long to;

	if (!s || s->queue)
		return;
	ds_shadow_step(s, DS_CACHE_FLUSH, 0);
	/* a real mapping cannot be duplicated: move ours */
	to = s->real ? DS_SYS(mremap, s->real + m->offset, m->len, m->len,
			      MREMAP_MAYMOVE | MREMAP_FIXED, m->addr)
		     : -1;
	if (to == (long)m->addr) {
		if (m->len < s->real_bytes)
			DS_SYS(munmap, s->real, s->real_bytes);
		s->real = NULL;
		m->have = -1;
		ds_guard_map(m);
	}
	ds_shadow_none(b, false, p->call);
}

void ds_coherency_pinned(uintptr_t addr, size_t len, const char *call)
{
	struct pinned p = {call};

	ds_map_each(addr, len, surrender, &p);
}
