/* SPDX-License-Identifier: MIT */
/*
 * What each descriptor is, learned from the descriptor itself at its first use.
 *
 * An entry is a cache: close() and its relatives clear it, and calls that make a file forget
 * whatever the number was before, so that closes which we did not see do no harm.
 */
#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "preload/drm.h"
#include "preload/recorder.h"
#include "preload/shared.h"
#include "preload/state.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/video.h"

#ifndef DMA_BUF_MAGIC
#define DMA_BUF_MAGIC 0x444d4142 /* include/uapi/linux/magic.h */
#endif
#define VIDEO_MAJOR 81	/* Documentation/admin-guide/devices.txt */
#define DRM_MAJOR   226 /* same */
#define PER_CHUNK   1024
#define CHUNKS	    1024

static _Atomic(struct ds_fd *) chunks[CHUNKS];
static _Atomic uint64_t dmabuf_dev; /* st_dev of all dma-bufs, once one was seen */

struct ds_fd *ds_fd_peek(int fd)
{
	struct ds_fd *chunk;

	if (fd < 0 || fd >= PER_CHUNK * CHUNKS)
		return NULL;
	chunk = atomic_load_explicit(&chunks[fd / PER_CHUNK], memory_order_acquire);
	return chunk ? &chunk[fd % PER_CHUNK] : NULL;
}

static struct ds_fd *entry(int fd)
{
	_Atomic(struct ds_fd *) *chunk;
	struct ds_fd *fresh, *none = NULL;

	if (fd < 0 || fd >= PER_CHUNK * CHUNKS)
		return NULL;
	chunk = &chunks[fd / PER_CHUNK];
	if (!atomic_load(chunk)) {
		fresh = ds_sys_pages(PER_CHUNK * sizeof(*fresh));
		if (!fresh)
			return NULL;
		if (!atomic_compare_exchange_strong(chunk, &none, fresh))
			DS_SYS(munmap, fresh, PER_CHUNK * sizeof(*fresh));
	}
	return ds_fd_peek(fd);
}

/* What a seccomp filter refuses leaves descriptors unknown, and with them buffers: said once. */
static long refused(long error)
{
	static _Atomic bool said;

	if ((error == -EPERM || error == -EACCES || error == -ENOSYS) &&
	    !atomic_exchange(&said, true))
		ds_note_missed(DS_MISSED_REFUSED, 0);
	return error;
}

static bool is_dmabuf(int fd, const struct stat *st)
{
	long fs[32]; /* larger than any struct statfs; f_type is its first word */

	if (atomic_load(&dmabuf_dev))
		return st->st_dev == atomic_load(&dmabuf_dev);
	if (refused(DS_SYS(fstatfs, fd, fs)) || fs[0] != DMA_BUF_MAGIC)
		return false;
	atomic_store(&dmabuf_dev, st->st_dev);
	return true;
}

/* Sub-device nodes share the major number and half the ioctl numbers, but carry no buffers. */
static bool is_subdev(int fd)
{
	char link[48], path[128], *at = link;
	long n;

	ds_put_text(&at, link + sizeof(link), "/proc/self/fd/");
	ds_put_number(&at, link + sizeof(link), (uint64_t)fd);
	n = DS_SYS(readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	return strstr(path, "v4l-subdev");
}

static enum ds_fd_kind classify(int fd, const struct stat *st)
{
	if (S_ISCHR(st->st_mode)) {
		if (major(st->st_rdev) == VIDEO_MAJOR)
			return is_subdev(fd) ? DS_FD_OTHER : DS_FD_VIDEO;
		return major(st->st_rdev) == DRM_MAJOR ? DS_FD_DRM : DS_FD_OTHER;
	}
	/* a dma-buf is a regular file; the kernel gives it mode 0600 without S_IFREG on some versions */
	if (S_ISDIR(st->st_mode) || S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode))
		return DS_FD_OTHER;
	return is_dmabuf(fd, st) ? DS_FD_DMABUF : DS_FD_OTHER;
}

/* The buffer of a dma-buf descriptor; one that was never seen before was born elsewhere. */
static struct ds_buf *dmabuf_of(int fd, const struct stat *st, enum ds_buffer_kind kind,
				bool foreign)
{
	struct ds_buf *b = ds_buf_by_inode(st->st_ino);
	long size;

	if (b)
		return b;
	size = DS_SYS(lseek, fd, 0, SEEK_END);
	DS_SYS(lseek, fd, 0, SEEK_SET);
	return ds_buf_new(kind, st->st_ino, size < 0 ? 0 : (uint64_t)size, 0, 0, foreign,
			  ds_text_exporter(fd));
}

static void forget(struct ds_fd *f)
{
	uint32_t was = f->kind == DS_FD_DMABUF ? f->object : f->was_buffer;

	*f = (struct ds_fd){.was_buffer = was};
}

static void set_dmabuf(struct ds_fd *f, struct ds_buf *b, uint32_t birth)
{
	f->object = b->number;
	f->birth = birth;
	f->was_buffer = 0;
	b->fds++;
	b->was_open = true;
	atomic_store(&f->kind, DS_FD_DMABUF);
}

struct ds_fd *ds_fd_learn(int fd)
{
	struct ds_fd *f = entry(fd);
	struct stat st;
	enum ds_fd_kind kind;
	struct ds_buf *b;

	if (!f || refused(ds_sys_fstat(fd, &st))) {
		if (f && f->kind != DS_FD_UNKNOWN)
			forget(f);
		return f;
	}
	kind = classify(fd, &st);
	b = kind == DS_FD_DMABUF ? ds_buf_by_inode(st.st_ino) : NULL;
	if (f->kind == kind && (kind != DS_FD_DMABUF || (b && b->number == f->object)))
		return f;
	forget(f);
	if (kind == DS_FD_DMABUF) {
		b = dmabuf_of(fd, &st, DS_KIND_DMABUF, true);
		if (b)
			set_dmabuf(f, b, 0);
		return f;
	}
	if (kind == DS_FD_VIDEO)
		f->object = ds_video_file(fd, st.st_rdev);
	if (kind == DS_FD_DRM)
		f->object = ds_drm_file(fd, st.st_rdev);
	atomic_store(&f->kind, kind);
	return f;
}

void ds_fd_fresh(int fd)
{
	struct ds_fd *f = ds_fd_peek(fd);

	if (f)
		*f = (struct ds_fd){0};
}

void ds_fd_born_fence(int fd, uint32_t buffer)
{
	struct ds_fd *f = entry(fd);

	if (!f)
		return;
	*f = (struct ds_fd){.object = buffer};
	atomic_store(&f->kind, DS_FD_FENCE);
}

uint32_t ds_fd_fence_of(int fd)
{
	const struct ds_fd *f = ds_fd_peek(fd);

	return f && f->kind == DS_FD_FENCE ? f->object : 0;
}

static void emit_fd(enum ds_event_type type, uint32_t buffer, int fd, uint64_t b, uint32_t stack,
		    uint32_t name)
{
	ds_emit((struct ds_event){.type = (uint16_t)type,
				  .buffer = buffer,
				  .stack = stack,
				  .a = (uint64_t)fd,
				  .b = b,
				  .d = name});
}

uint32_t ds_fd_born_dmabuf(int fd, uint32_t buffer, enum ds_buffer_kind kind, uint32_t name)
{
	struct ds_fd *f = entry(fd);
	struct ds_buf *b = ds_buf_at(buffer);
	struct stat st;
	uint32_t stack;

	if (!f || ds_sys_fstat(fd, &st) || !is_dmabuf(fd, &st))
		return 0;
	forget(f);
	if (b && !ds_buf_by_inode(st.st_ino))
		ds_buf_add_inode(b, st.st_ino);
	b = dmabuf_of(fd, &st, kind, false);
	if (!b)
		return 0;
	stack = ds_stack_here();
	set_dmabuf(f, b, stack);
	emit_fd(DS_EV_FD_OPEN, b->number, fd, 0, stack, name);
	return b->number;
}

static void close_dmabuf(struct ds_fd *f, int fd, uint32_t name)
{
	struct ds_buf *b = ds_buf_at(f->object);
	uint32_t stack = ds_stack_here();

	if (!b)
		return;
	if (b->fds)
		b->fds--;
	b->last_close = stack;
	emit_fd(DS_EV_FD_CLOSE, b->number, fd, !b->fds, stack, name);
	if (!b->fds && !b->first_map && !b->hold.claims)
		ds_shared_leave(b);
}

void ds_fd_closing(int fd, uint32_t name)
{
	struct ds_fd *f = ds_fd_peek(fd);

	if (!f)
		return;
	if (f->kind == DS_FD_DMABUF) {
		close_dmabuf(f, fd, name);
		forget(f); /* remembers which buffer the number named */
		return;
	}
	if (f->kind == DS_FD_VIDEO)
		ds_video_put(f->object, name);
	if (f->kind == DS_FD_DRM)
		ds_drm_put(f->object);
	*f = (struct ds_fd){0};
}

void ds_fd_duplicated(int from, int to, uint32_t name)
{
	const struct ds_fd *src = ds_fd_peek(from);
	struct ds_fd *dst;
	struct ds_buf *b;

	ds_fd_fresh(to);
	if (!src || !ds_fd_is_followed(from))
		return;
	if (src->kind == DS_FD_FENCE) {
		ds_fd_born_fence(to, src->object);
		return;
	}
	dst = entry(to);
	if (!dst)
		return;
	if (src->kind != DS_FD_DMABUF) {
		dst->object = src->kind == DS_FD_VIDEO ? ds_video_get(src->object)
						       : ds_drm_get(src->object);
		atomic_store(&dst->kind, src->kind);
		return;
	}
	b = ds_buf_at(src->object);
	if (!b)
		return;
	set_dmabuf(dst, b, ds_stack_here());
	emit_fd(DS_EV_FD_OPEN, b->number, to, 0, dst->birth, name);
}

static void each_dmabuf(void (*fn)(struct ds_fd *f, int fd))
{
	for (int c = 0; c < CHUNKS; c++) {
		struct ds_fd *chunk = atomic_load(&chunks[c]);

		for (int i = 0; chunk && i < PER_CHUNK; i++)
			if (chunk[i].kind == DS_FD_DMABUF)
				fn(&chunk[i], c * PER_CHUNK + i);
	}
}

int ds_fd_of(uint32_t buffer)
{
	for (int c = 0; c < CHUNKS; c++) {
		const struct ds_fd *chunk = atomic_load(&chunks[c]);

		for (int i = 0; chunk && i < PER_CHUNK; i++)
			if (chunk[i].kind == DS_FD_DMABUF && chunk[i].object == buffer)
				return c * PER_CHUNK + i;
	}
	return -1;
}

static void mark(struct ds_fd *f, int fd)
{
	(void)fd;
	f->inherited = 1;
}

void ds_fd_mark_inherited(void)
{
	each_dmabuf(mark);
}

static void report_left(struct ds_fd *f, int fd)
{
	const struct ds_buf *b = ds_buf_at(f->object);
	struct stat st;

	/* the number may have been closed behind our back: ask the descriptor */
	if (!b || ds_sys_fstat(fd, &st) || ds_buf_by_inode(st.st_ino) != b)
		return;
	ds_emit((struct ds_event){.type = DS_EV_FD_LEFT,
				  .buffer = b->number,
				  .a = (uint64_t)fd,
				  .b = f->inherited,
				  .c = f->birth});
}

void ds_fd_report_left(void)
{
	each_dmabuf(report_left);
}

bool ds_fd_is_stale(int fd)
{
	struct ds_fd *f = ds_fd_peek(fd);
	struct stat st;

	return f && f->was_buffer && f->kind != DS_FD_DMABUF && ds_sys_fstat(fd, &st) == -EBADF;
}

bool ds_fd_is_other(int fd, uint32_t buffer)
{
	struct stat st;

	return buffer && !ds_sys_fstat(fd, &st) && !is_dmabuf(fd, &st);
}

const char *ds_fd_kind_name(enum ds_fd_kind kind)
{
	static const char *const names[DS_FD_KINDS] = {"unknown", "other", "video", "dmabuf",
						       "drm",	  "media", "fence"};

	return kind < DS_FD_KINDS ? names[kind] : "unknown";
}
