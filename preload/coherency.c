/* SPDX-License-Identifier: MIT */
/* Shadows of buffers: made, found, shown to the program, dropped. */
#include "preload/coherency.h"

#include <errno.h>
#include <string.h>

#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/text.h"

#define HEAD 4096ul
#define PAGE 4096ul

static struct ds_table shadows = {.size = sizeof(struct ds_shadow)};

static size_t page_up(uint64_t n)
{
	return (size_t)((n + PAGE - 1) & ~(PAGE - 1));
}

struct ds_shadow *ds_shadow_at(uint32_t number)
{
	return ds_table_at(&shadows, number);
}

struct ds_shadow *ds_shadow_of(const struct ds_buf *b)
{
	return b ? ds_shadow_at(b->shadow) : NULL;
}

struct ds_shadow *ds_shadow_new(void)
{
	uint32_t number;
	struct ds_shadow *s;

	for (uint32_t i = 1; (s = ds_shadow_at(i)); i++) {
		if (s->head)
			continue;
		*s = (struct ds_shadow){.number = i};
		return s;
	}
	s = ds_table_new(&shadows, &number);
	if (s)
		s->number = number;
	return s;
}

void *ds_shadow_map(int fd, size_t len, int prot, uint64_t offset)
{
	long p = DS_SYS(mmap, 0, len, prot, MAP_SHARED | (fd < 0 ? MAP_ANONYMOUS : 0), fd, offset);

	return p < 0 && p > -4096 ? NULL : (void *)p;
}

void ds_shadow_none(struct ds_buf *b, bool nature, const char *reason)
{
	if (b->real_only)
		return;
	b->real_only = true;
	ds_emit((struct ds_event){.type = DS_EV_SHADOW,
				  .buffer = b->number,
				  .a = b->size,
				  .c = nature ? DS_SHADOW_NOT_NEEDED : DS_SHADOW_REFUSED,
				  .d = ds_text(reason)});
}

void ds_shadow_made(const struct ds_shadow *s)
{
	ds_emit((struct ds_event){.type = DS_EV_SHADOW,
				  .buffer = s->buffer,
				  .a = s->size,
				  .b = s->head->id,
				  .c = DS_SHADOW_MADE});
}

/* ---- files ---- */

static void path_of(char *path, size_t size, char kind, uint64_t a, uint64_t b)
{
	char *at = path, letter[3] = {'/', kind, 0};

	ds_put_text(&at, path + size, ds_options.shadow);
	ds_put_text(&at, path + size, letter);
	ds_put_number(&at, path + size, a);
	ds_put_text(&at, path + size, ".");
	ds_put_number(&at, path + size, b);
}

/* What is the same in every run: place in a queue, else order of allocation. */
static uint64_t id_of(const struct ds_buf *b)
{
	if (b->kind == DS_KIND_V4L2)
		return b->identity & ~((uint64_t)0xff << 32); /* without the generation */
	return b->number;
}

static void lay_out(struct ds_shadow *s, void *at, size_t size, size_t bytes)
{
	s->head = at;
	s->bytes = bytes;
	s->size = size;
	s->shadow = (uint8_t *)at + HEAD;
	s->pristine = s->shadow + page_up(size);
	s->mark = s->pristine + page_up(size);
}

static void name_by(struct ds_shadow *s, uint64_t inode)
{
	for (unsigned i = 0; i < sizeof(s->name) / sizeof(s->name[0]); i++) {
		if (s->name[i] && s->name[i] != inode)
			continue;
		s->name[i] = inode;
		return;
	}
}

/* The file of a buffer, made when `size` is given and it does not exist. */
static int open_file(const struct ds_buf *b, size_t size, bool *ret_made)
{
	char path[sizeof(ds_options.shadow) + 64];
	size_t bytes = HEAD + 2 * page_up(size) + page_up(DS_LINES(size));
	long fd;

	path_of(path, sizeof(path), b->inode ? 'i' : 'v',
		b->inode ? b->inode : (uint64_t)DS_SYS(getpid), b->inode ? 0 : b->number);
	fd = ds_sys_open(path, O_RDWR | O_CLOEXEC | (size ? O_CREAT | O_EXCL : 0), 0600);
	*ret_made = fd >= 0 && size;
	if (fd == -EEXIST)
		fd = ds_sys_open(path, O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0 || !*ret_made)
		return (int)fd;
	/* with blocks behind it, so that no store can fail */
	if (DS_SYS(fallocate, fd, 0, 0, bytes)) {
		DS_SYS(unlinkat, AT_FDCWD, path, 0);
		ds_sys_close((int)fd);
		return -ENOSPC;
	}
	return (int)fd;
}

static struct ds_shadow *attach(struct ds_buf *b, size_t size)
{
	struct ds_shadow *s;
	struct stat st;
	bool made;
	int fd = open_file(b, size, &made);
	void *p = NULL;

	if (fd < 0)
		return NULL;
	/* its maker may not have given it its size yet */
	for (int i = 0; !ds_sys_fstat(fd, &st) && !st.st_size && i < 1000; i++)
		DS_SYS(sched_yield);
	if (st.st_size)
		p = ds_shadow_map(fd, (size_t)st.st_size, PROT_READ | PROT_WRITE, 0);
	ds_sys_close(fd);
	s = p ? ds_shadow_new() : NULL;
	if (!s)
		return NULL;
	if (made) {
		((struct ds_shadow_head *)p)->id = id_of(b);
		((struct ds_shadow_head *)p)->size = size;
	}
	while (!made && !((volatile struct ds_shadow_head *)p)->size)
		DS_SYS(sched_yield);
	lay_out(s, p, (size_t)((struct ds_shadow_head *)p)->size, (size_t)st.st_size);
	s->buffer = b->number;
	s->pid = DS_SYS(getpid);
	if (b->inode)
		name_by(s, b->inode);
	atomic_fetch_add(&s->head->users, 1);
	b->shadow = s->number;
	ds_shadow_made(s);
	return s;
}

static bool reach(struct ds_shadow *s, int fd, uint64_t offset, uint32_t file)
{
	if (s->real)
		return true;
	s->real = ds_shadow_map(fd, page_up(s->size), PROT_READ | PROT_WRITE, offset);
	s->readonly = !s->real;
	if (!s->real)
		s->real = ds_shadow_map(fd, page_up(s->size), PROT_READ, offset);
	s->real_bytes = page_up(s->size);
	s->file = s->real ? file : 0;
	return s->real;
}

void ds_shadow_drop(struct ds_shadow *s)
{
	struct ds_buf *b = ds_buf_at(s->buffer);
	char path[sizeof(ds_options.shadow) + 64];

	if (s->real)
		DS_SYS(munmap, s->real, s->real_bytes);
	if (!s->queue && s->pid == DS_SYS(getpid) && atomic_fetch_sub(&s->head->users, 1) == 1) {
		for (unsigned i = 0; i < 4 && s->name[i]; i++) {
			path_of(path, sizeof(path), 'i', s->name[i], 0);
			DS_SYS(unlinkat, AT_FDCWD, path, 0);
		}
		path_of(path, sizeof(path), 'v', (uint64_t)s->pid, s->buffer);
		DS_SYS(unlinkat, AT_FDCWD, path, 0);
	}
	DS_SYS(munmap, s->head, s->bytes);
	if (b && b->shadow == s->number)
		b->shadow = 0;
	*s = (struct ds_shadow){.number = s->number};
}

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
		return page_up(b->size > len ? b->size : len);
	n = DS_SYS(lseek, fd, 0, SEEK_END);
	DS_SYS(lseek, fd, 0, SEEK_SET);
	return n > 0 ? page_up((uint64_t)n) : 0;
}

/* Show the shadow in a range of the program.  mremap of nothing makes a second view of one mapping. */
static bool show(const struct ds_shadow *s, uintptr_t addr, size_t len, uint64_t at, int prot)
{
	long p;

	if (at + len > page_up(s->size))
		return false;
	p = DS_SYS(mremap, s->shadow + at, 0, len, MREMAP_MAYMOVE | MREMAP_FIXED, addr);
	if (p != (long)addr)
		return false;
	DS_SYS(madvise, addr, len, MADV_DONTDUMP);
	if (prot != (PROT_READ | PROT_WRITE))
		ds_sys_mprotect(addr, len, prot);
	return true;
}

static void first_map(struct ds_shadow *s)
{
	bool first = !s->head->loaded;

	s->head->loaded = 1;
	if (first)
		ds_shadow_step(s, DS_CACHE_FIRST_MAP, 0);
}

void ds_coherency_mapped(struct ds_buf *b, int fd, uint64_t offset, uint32_t file, uintptr_t addr,
			 size_t len, uint64_t at, int prot)
{
	struct ds_shadow *s = ds_shadow_of(b);

	if (!suits(b, fd))
		return;
	if (!s)
		s = attach(b, size_of(b, fd, file, len));
	if (!s) {
		ds_shadow_none(b, false, "no memory for its shadow");
		return;
	}
	if (!reach(s, fd, offset, file)) {
		ds_shadow_none(b, false, "the buffer cannot be mapped a second time");
		return;
	}
	first_map(s);
	if (!show(s, addr, len, at, prot))
		ds_shadow_none(b, false, "the shadow does not fit the mapping");
}

struct ds_shadow *ds_shadow_find(struct ds_buf *b, int fd)
{
	struct ds_shadow *s = ds_shadow_of(b);

	if (!b || b->real_only)
		return NULL;
	if (!s && b->inode)
		s = attach(b, 0);
	return s && reach(s, fd, 0, 0) ? s : NULL;
}

void ds_coherency_alias(struct ds_buf *b, uint64_t inode)
{
	struct ds_shadow *s = ds_shadow_of(b);
	char from[sizeof(ds_options.shadow) + 64], to[sizeof(ds_options.shadow) + 64];

	if (!s || s->queue)
		return;
	if (s->name[0])
		path_of(from, sizeof(from), 'i', s->name[0], 0);
	else
		path_of(from, sizeof(from), 'v', (uint64_t)s->pid, s->buffer);
	path_of(to, sizeof(to), 'i', inode, 0);
	if (!DS_SYS(linkat, AT_FDCWD, from, AT_FDCWD, to, 0))
		name_by(s, inode);
}

void ds_coherency_exported(struct ds_buf *b, int fd)
{
	if (!b || ds_shadow_of(b) || !suits(b, fd))
		return;
	attach(b, size_of(b, fd, 0, 0));
	if (ds_shadow_of(b))
		reach(ds_shadow_of(b), fd, 0, 0);
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

/* ---- the memory file behind a udmabuf ---- */

bool ds_coherency_is_real(uintptr_t addr)
{
	struct ds_shadow *s;

	for (uint32_t i = 1; (s = ds_shadow_at(i)); i++)
		if (s->real && addr - (uintptr_t)s->real < s->real_bytes)
			return true;
	return false;
}

/* The real buffer is a view of the memory file, since that can be shown again when it is over. */
void ds_coherency_memfd(struct ds_buf *b, int memfd, uint64_t from, uint64_t size, uint64_t at)
{
	struct ds_shadow *s = ds_shadow_of(b);
	size_t whole = page_up(b->size);
	long p;

	if (b->real_only)
		return;
	if (!s)
		s = attach(b, whole);
	if (!s) {
		ds_shadow_none(b, false, "no memory for its shadow");
		return;
	}
	if (!s->real)
		s->real = ds_shadow_map(-1, whole, PROT_NONE, 0);
	s->real_bytes = whole;
	p = s->real && at + size <= whole ? DS_SYS(mmap, s->real + at, size, PROT_READ | PROT_WRITE,
						   MAP_SHARED | MAP_FIXED, memfd, from)
					  : -1;
	if (p != (long)(s->real + at)) {
		ds_shadow_none(b, false, "the memory file cannot be mapped");
		ds_shadow_drop(s);
	}
}

void ds_coherency_memfd_mapped(struct ds_buf *b, uintptr_t addr, size_t len, uint64_t at, int prot)
{
	struct ds_shadow *s = ds_shadow_of(b);

	if (!s || b->real_only)
		return;
	first_map(s);
	if (!show(s, addr, len, at, prot))
		ds_shadow_none(b, false, "the shadow does not fit the mapping");
}

void ds_coherency_memfd_released(struct ds_map *m)
{
	struct ds_shadow *s = ds_shadow_of(ds_buf_at(m->buffer));

	if (!s || !s->real)
		return;
	ds_shadow_step(s, DS_CACHE_FLUSH, 0);
	DS_SYS(mremap, s->real + m->offset, 0, m->len, MREMAP_MAYMOVE | MREMAP_FIXED, m->addr);
	m->have = -1;
}
