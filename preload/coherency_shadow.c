/* SPDX-License-Identifier: MIT */
/* Shadows of buffers: their files, how they are shown to the program, and their end. */
#include "preload/coherency.h"

#include <errno.h>
#include <string.h>

#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/text.h"

#define HEAD 4096ul
#define PAGE 4096ul

static struct ds_table shadows = {.size = sizeof(struct ds_shadow)};

size_t ds_shadow_pages(uint64_t n)
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
	s->pristine = s->shadow + ds_shadow_pages(size);
	s->mark = s->pristine + ds_shadow_pages(size);
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
	size_t bytes = HEAD + 2 * ds_shadow_pages(size) + ds_shadow_pages(DS_LINES(size));
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

/* How often to look whether another process, which made the file, has come so far. */
#define LOOKS 1000

/*
 * Maps the file of a buffer, whole.  Its maker sets the size last; one that was killed before it did
 * leaves a file that nobody can use.
 */
static struct ds_shadow_head *open_head(const struct ds_buf *b, size_t size, size_t *ret_bytes)
{
	struct ds_shadow_head *head = NULL;
	struct stat st = {0};
	bool made;
	int fd = open_file(b, size, &made);

	if (fd < 0)
		return NULL;
	for (int i = 0; !ds_sys_fstat(fd, &st) && !st.st_size && i < LOOKS; i++)
		DS_SYS(sched_yield);
	if (st.st_size)
		head = ds_shadow_map(fd, (size_t)st.st_size, PROT_READ | PROT_WRITE, 0);
	ds_sys_close(fd);
	if (!head)
		return NULL;
	*ret_bytes = (size_t)st.st_size;
	if (made) {
		head->id = id_of(b);
		__atomic_store_n(&head->size, size, __ATOMIC_RELEASE);
	}
	for (int i = 0; !__atomic_load_n(&head->size, __ATOMIC_ACQUIRE) && i < LOOKS; i++)
		DS_SYS(sched_yield);
	if (head->size)
		return head;
	DS_SYS(munmap, head, *ret_bytes);
	return NULL;
}

struct ds_shadow *ds_shadow_attach(struct ds_buf *b, size_t size)
{
	size_t bytes;
	struct ds_shadow_head *head = open_head(b, size, &bytes);
	struct ds_shadow *s = head ? ds_shadow_new() : NULL;

	if (!s) {
		if (head)
			DS_SYS(munmap, head, bytes);
		return NULL;
	}
	lay_out(s, head, (size_t)head->size, bytes);
	s->buffer = b->number;
	s->pid = DS_SYS(getpid);
	if (b->inode)
		name_by(s, b->inode);
	atomic_fetch_add(&s->head->users, 1);
	b->shadow = s->number;
	ds_shadow_made(s);
	return s;
}

bool ds_shadow_reach(struct ds_shadow *s, int fd, uint64_t offset, uint32_t file)
{
	if (s->real)
		return true;
	s->real = ds_shadow_map(fd, ds_shadow_pages(s->size), PROT_READ | PROT_WRITE, offset);
	s->readonly = !s->real;
	if (!s->real)
		s->real = ds_shadow_map(fd, ds_shadow_pages(s->size), PROT_READ, offset);
	s->real_bytes = ds_shadow_pages(s->size);
	s->file = s->real ? file : 0;
	return s->real;
}

/* Show the shadow in a range of the program.  mremap of nothing makes a second view of one mapping. */
static bool put_over(const struct ds_shadow *s, uintptr_t addr, size_t len, uint64_t at, int prot)
{
	long p;

	if (at + len > ds_shadow_pages(s->size))
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

void ds_shadow_show(struct ds_shadow *s, struct ds_buf *b, uintptr_t addr, size_t len, uint64_t at,
		    int prot)
{
	first_map(s);
	if (!put_over(s, addr, len, at, prot))
		ds_shadow_none(b, false, "the shadow does not fit the mapping");
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
