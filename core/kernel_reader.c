/* SPDX-License-Identifier: MIT */
/* Reads kernel.lines: mapped as a whole, put in order by a heap of places. */
#include "core/kernel_reader.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW 32768 /* events that may stand between one and its place in time */

struct place {
	uint64_t ns;
	size_t at;
};

struct ds_kernel_reader {
	char *text;
	size_t size;
	size_t next; /* not yet in the heap */
	struct place *heap;
	unsigned used;
	uint64_t last_ns, late;
};

/* ---- lines ---- */

static size_t line_end(const struct ds_kernel_reader *r, size_t at)
{
	return at + ds_kernel_line_length(r->text + at, r->size - at);
}

static size_t line_after(const struct ds_kernel_reader *r, size_t at)
{
	size_t end = line_end(r, at);

	return end < r->size ? end + 1 : end;
}

void ds_kernel_at(const struct ds_kernel_reader *r, size_t place, struct ds_kernel_line *ret)
{
	ds_kernel_line_read(r->text + place, line_end(r, place) - place, ret);
}

int ds_kernel_line_next(const struct ds_kernel_reader *r, size_t *at, struct ds_kernel_line *ret)
{
	if (*at >= r->size)
		return 0;
	ds_kernel_at(r, *at, ret);
	*at = line_after(r, *at);
	return 1;
}

size_t ds_kernel_frame(const struct ds_kernel_reader *r, size_t *place, const char **ret)
{
	struct ds_kernel_line line;
	size_t at = line_after(r, *place);

	while (at < r->size && r->text[at] == '\n') /* bpftrace sets stacks apart */
		at++;
	if (at >= r->size)
		return 0;
	ds_kernel_at(r, at, &line);
	if (line.kind != DS_KLINE_FRAME)
		return 0;
	*place = at;
	*ret = line.text;
	return line.text_len;
}

/* ---- the heap: the earliest on top, equal times in the order of the file ---- */

static bool before(const struct place *a, const struct place *b)
{
	return a->ns != b->ns ? a->ns < b->ns : a->at < b->at;
}

static void swap(struct place *a, struct place *b)
{
	struct place t = *a;

	*a = *b;
	*b = t;
}

static void push(struct ds_kernel_reader *r, struct place p)
{
	unsigned i = r->used++;

	r->heap[i] = p;
	for (; i && before(&r->heap[i], &r->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&r->heap[i], &r->heap[(i - 1) / 2]);
}

static struct place pop(struct ds_kernel_reader *r)
{
	struct place top = r->heap[0];

	r->heap[0] = r->heap[--r->used];
	for (unsigned i = 0, child; (child = 2 * i + 1) < r->used; i = child) {
		if (child + 1 < r->used && before(&r->heap[child + 1], &r->heap[child]))
			child++;
		if (!before(&r->heap[child], &r->heap[i]))
			break;
		swap(&r->heap[child], &r->heap[i]);
	}
	return top;
}

/* ---- events ---- */

/* Let the heap hold as many wanted events as it can. */
static void fill(struct ds_kernel_reader *r, uint64_t wanted)
{
	struct ds_kernel_line line;

	while (r->used < WINDOW && r->next < r->size) {
		size_t at = r->next;

		r->next = line_after(r, at);
		if (r->text[at] != 'K')
			continue;
		ds_kernel_at(r, at, &line);
		if (line.kind == DS_KLINE_EVENT && wanted >> line.event & 1)
			push(r, (struct place){line.ns, at});
	}
}

uint64_t ds_kernel_peek(struct ds_kernel_reader *r, uint64_t wanted)
{
	if (r->used < WINDOW)
		fill(r, wanted);
	return r->used ? r->heap[0].ns : UINT64_MAX;
}

int ds_kernel_next(struct ds_kernel_reader *r, uint64_t wanted, struct ds_kernel_line *ret,
		   size_t *ret_place)
{
	struct place p;

	if (ds_kernel_peek(r, wanted) == UINT64_MAX)
		return 0;
	p = pop(r);
	ds_kernel_at(r, p.at, ret);
	r->late += p.ns < r->last_ns;
	if (p.ns > r->last_ns)
		r->last_ns = p.ns;
	*ret_place = p.at;
	return 1;
}

void ds_kernel_rewind(struct ds_kernel_reader *r)
{
	r->next = 0;
	r->used = 0;
	r->last_ns = r->late = 0;
}

uint64_t ds_kernel_late(const struct ds_kernel_reader *r)
{
	return r->late;
}

/* ---- open ---- */

static int map(struct ds_kernel_reader *r, int fd)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	if (!st.st_size)
		return 0;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	r->text = p;
	r->size = (size_t)st.st_size;
	return 0;
}

int ds_kernel_open(const char *dir, struct ds_kernel_reader **ret)
{
	struct ds_kernel_reader *r = calloc(1, sizeof(*r));
	char *path = NULL;
	int fd = -1, error = -ENOMEM;

	if (r && asprintf(&path, "%s/%s", dir, DS_KERNEL_LINES) >= 0) {
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		r->heap = malloc(WINDOW * sizeof(*r->heap));
		error = fd < 0 ? -errno : r->heap ? map(r, fd) : -ENOMEM;
		free(path);
	}
	if (fd >= 0)
		close(fd);
	if (error) {
		ds_kernel_close(r);
		return error;
	}
	*ret = r;
	return 0;
}

void ds_kernel_close(struct ds_kernel_reader *r)
{
	if (!r)
		return;
	if (r->text)
		munmap(r->text, r->size);
	free(r->heap);
	free(r);
}
