/* SPDX-License-Identifier: MIT */
/* Scratch directories, whole files, and a trace writer over an ordinary file. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool unit_check(bool ok, const char *file, unsigned line, const char *format, ...)
{
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	CU_assertImplementation(ok, line, text, file, "", CU_FALSE);
	return ok;
}

/* ---- scratch directories ---- */

void unit_dir_make(char path[UNIT_PATH])
{
	const char *base = getenv("TMPDIR");

	snprintf(path, UNIT_PATH, "%s/dmasan-unit.XXXXXX", base && *base ? base : P_tmpdir);
	if (!mkdtemp(path)) {
		perror(path);
		exit(1);
	}
}

void unit_dir_remove(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *entry;

	while (d && (entry = readdir(d)))
		unlinkat(dirfd(d), entry->d_name, 0);
	if (d)
		closedir(d);
	if (rmdir(path))
		perror(path);
}

bool unit_file_read(const char *path, uint8_t **ret, size_t *ret_size)
{
	FILE *f = fopen(path, "rbe");
	struct stat st;
	bool ok;

	if (!f)
		return false;
	ok = !fstat(fileno(f), &st);
	*ret_size = ok ? (size_t)st.st_size : 0;
	*ret = malloc(*ret_size + 1);
	ok = ok && *ret && fread(*ret, 1, *ret_size, f) == *ret_size;
	fclose(f);
	return ok;
}

bool unit_file_write(const char *path, const void *data, size_t size)
{
	FILE *f = fopen(path, "wbe");
	bool ok;

	if (!f)
		return false;
	ok = fwrite(data, 1, size, f) == size;
	return !fclose(f) && ok;
}

/* ---- writing traces ---- */

static int extend(void *ctx, uint64_t old_size, uint64_t size)
{
	struct unit_trace *t = ctx;

	t->extensions++;
	if (t->extend_ms)
		usleep(t->extend_ms * 1000);
	if (t->limit && size > t->limit)
		return -ENOSPC;
	return -posix_fallocate(t->fd, (off_t)old_size, (off_t)(size - old_size));
}

static int map(void *ctx, uint64_t offset, size_t length, void **ret)
{
	struct unit_trace *t = ctx;
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, t->fd, (off_t)offset);

	if (p == MAP_FAILED)
		return -errno;
	*ret = p;
	return 0;
}

int unit_trace_start(struct unit_trace *t, const char *dir, const char *name,
		     const struct ds_trace_header *proto)
{
	static const struct ds_trace_header none;
	struct ds_trace_io io = {.ctx = t, .extend = extend, .map = map};

	snprintf(t->path, sizeof(t->path), "%s/%s", dir, name);
	t->fd = open(t->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (t->fd < 0)
		return -errno;
	return ds_trace_start(&t->w, &io, proto ? proto : &none);
}

void unit_trace_finish(struct unit_trace *t, bool cut)
{
	uint64_t next = t->w.header ? atomic_load(&t->w.header->next) : 0;
	size_t bytes = DS_FIRST_SEGMENT_SLOTS * sizeof(struct ds_event);

	for (unsigned k = 0; k < DS_SEGMENTS; k++) {
		void *p = atomic_load(&t->w.segment[k]);

		if (p)
			munmap(p, k > 1 ? bytes << (k - 1) : bytes);
	}
	if (cut && ftruncate(t->fd, (off_t)(next * sizeof(struct ds_event))))
		perror(t->path);
	close(t->fd);
}

uint32_t unit_put(struct unit_trace *t, uint32_t tid, unsigned type, uint64_t a)
{
	return ds_trace_put(&t->w, &(struct ds_event){.type = (uint16_t)type, .tid = tid, .a = a});
}

uint32_t unit_put_string(struct unit_trace *t, const char *text)
{
	struct ds_event head = {.type = DS_EV_STRING, .tid = 1, .a = strlen(text)};

	return ds_trace_put_payload(&t->w, &head, text, head.a);
}

uint32_t unit_put_stack(struct unit_trace *t, const uint64_t *frame, unsigned n)
{
	struct ds_event head = {.type = DS_EV_STACK, .tid = 1, .a = n};

	return ds_trace_put_payload(&t->w, &head, frame, n * sizeof(*frame));
}

void unit_put_meta(struct unit_trace *t, const char *key, const char *value)
{
	struct ds_event ev = {.type = DS_EV_META, .tid = 1};

	ev.a = unit_put_string(t, key);
	ev.b = unit_put_string(t, value);
	ds_trace_put(&t->w, &ev);
}

/* ---- one trace, written and then read ---- */

void unit_pair_begin(struct unit_pair *p, uint64_t limit, const struct ds_trace_header *proto)
{
	memset(p, 0, sizeof(*p));
	unit_dir_make(p->dir);
	p->t.limit = limit;
	CU_ASSERT_EQUAL_FATAL(unit_trace_start(&p->t, p->dir, "1.trace", proto), 0);
}

void unit_pair_read(struct unit_pair *p)
{
	unit_trace_finish(&p->t, false);
	CU_ASSERT_EQUAL_FATAL(ds_trace_open(p->t.path, &p->r), 0);
}

void unit_pair_end(struct unit_pair *p)
{
	ds_trace_close(p->r);
	unit_dir_remove(p->dir);
}

uint64_t unit_count_in_order(struct ds_trace_reader *r, uint64_t first)
{
	struct ds_event ev;
	uint32_t slot, before = 0;
	uint64_t n = 0;
	bool ordered = true;

	while (ds_trace_next(r, &ev, &slot) > 0) {
		ordered &= ev.a == first + n && slot > before;
		before = slot;
		n++;
	}
	CU_ASSERT_TRUE(ordered);
	return n;
}
