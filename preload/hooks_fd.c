/* SPDX-License-Identifier: MIT */
/* Descriptors: opened, closed, duplicated. */
#include <stdarg.h>

#include "preload/coherency.h"
#include "preload/fence.h"
#include "preload/hooks.h"
#include "preload/lock.h"
#include "preload/recorder.h"
#include "preload/state.h"
#include "preload/sys.h"
#include "preload/trace_file.h"
#include "preload/udmabuf.h"
#include "preload/video.h"

static int opened(int fd)
{
	if (fd >= 0)
		ds_fd_fresh(fd);
	return fd;
}

/* open's mode argument exists only with these flags (open(2)) */
#define MODE(flags, last)                                \
	({                                               \
		mode_t mode_ = 0;                        \
		if ((flags) & (O_CREAT | __O_TMPFILE)) { \
			va_list args_;                   \
			va_start(args_, last);           \
			mode_ = va_arg(args_, mode_t);   \
			va_end(args_);                   \
		}                                        \
		mode_;                                   \
	})

#define OPEN(name)                                                               \
	DS_EXPORT int name(const char *path, int flags, ...)                     \
	{                                                                        \
		mode_t mode = MODE(flags, flags);                                \
                                                                                 \
		DS_REAL_INIT();                                                  \
		if (DS_UNLIKELY(!ds_real.name))                                  \
			return (int)DS_SYS(openat, AT_FDCWD, path, flags, mode); \
		return opened(ds_real.name(path, flags, mode));                  \
	}
#define OPENAT(name)                                                  \
	DS_EXPORT int name(int dir, const char *path, int flags, ...) \
	{                                                             \
		mode_t mode = MODE(flags, flags);                     \
                                                                      \
		DS_REAL_INIT();                                       \
		return opened(ds_real.name(dir, path, flags, mode));  \
	}
#define OPEN_2(name)                                      \
	int name(const char *path, int flags);            \
	DS_EXPORT int name(const char *path, int flags)   \
	{                                                 \
		DS_REAL_INIT();                           \
		return opened(ds_real.name(path, flags)); \
	}
#define OPENAT_2(name)                                           \
	int name(int dir, const char *path, int flags);          \
	DS_EXPORT int name(int dir, const char *path, int flags) \
	{                                                        \
		DS_REAL_INIT();                                  \
		return opened(ds_real.name(dir, path, flags));   \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
OPEN_2(__open_2)
OPEN_2(__open64_2)
OPENAT_2(__openat_2)
OPENAT_2(__openat64_2)

/* Before the real call: afterwards the number may be somebody else's. */
static void closing(int fd, const char *call)
{
	struct ds_fd *f;
	struct ds_buf *b = NULL;

	if (!ds_fd_is_followed(fd)) {
		ds_fd_fresh(fd);
		ds_request_closed(fd);
		ds_fence_closed(fd);
		return;
	}
	if (!ds_own_process() || !ds_lock_enter())
		return;
	f = ds_fd_peek(fd);
	if (f->kind == DS_FD_DMABUF)
		b = ds_buf_at(f->object);
	ds_fd_closing(fd, ds_text(call));
	if (b)
		ds_udmabuf_released(b);
	if (b && ds_emulating())
		ds_coherency_idle(b);
	ds_lock_leave();
}

/* The program closes what it did not open: our trace file stays, the program hears EBADF. */
static bool refuse(int fd)
{
	if (DS_LIKELY(fd != ds_trace_file_fd()) || !ds_trace_file_owns(fd))
		return false;
	errno = EBADF;
	return true;
}

/*
 * close() of a number that was a buffer's descriptor failed: somebody else had closed it.  A loop
 * that closes every number is no owner, so the next close of this thread decides.
 */
static __thread struct {
	uint32_t buffer;
	uint32_t stack;
	int fd;
} suspect __attribute__((tls_model("initial-exec")));
static __thread int last_closed __attribute__((tls_model("initial-exec")));

void ds_fd_settle(int next)
{
	uint32_t buffer = suspect.buffer;

	suspect.buffer = 0;
	if (!buffer || next == suspect.fd + 1 || next == suspect.fd - 1)
		return;
	ds_emit((struct ds_event){.type = DS_EV_STALE,
				  .stack = suspect.stack,
				  .buffer = buffer,
				  .result = EBADF,
				  .a = (uint64_t)suspect.fd,
				  .c = DS_STALE_CLOSE,
				  .d = ds_text("close")});
}

static void not_open(int fd, uint32_t buffer)
{
	bool sweep = last_closed == fd - 1 || last_closed == fd + 1;

	if (!buffer || sweep || !ds_own_process() || !ds_lock_enter())
		return;
	suspect.buffer = buffer;
	suspect.stack = ds_stack_here();
	suspect.fd = fd;
	ds_lock_leave();
}

DS_EXPORT int close(int fd)
{
	struct ds_fd *f;
	uint32_t was;
	int r;

	DS_REAL_INIT();
	if (DS_UNLIKELY(ds_unwind_calls(__builtin_return_address(0)))) /* a file that it has read */
		return ds_real.close(fd);
	if (refuse(fd))
		return -1;
	f = ds_fd_peek(fd);
	was = f ? f->was_buffer : 0;
	if (DS_UNLIKELY(suspect.buffer))
		ds_fd_settle(fd);
	closing(fd, "close");
	r = DS_UNLIKELY(!ds_real.close) ? (int)DS_SYS(close, fd) : ds_real.close(fd);
	if (DS_UNLIKELY(r && was && errno == EBADF)) {
		not_open(fd, was);
		errno = EBADF;
	}
	last_closed = fd;
	return r;
}

DS_EXPORT int fclose(FILE *file)
{
	int saved = errno, fd = fileno(file);

	DS_REAL_INIT();
	errno = saved;
	if (fd >= 0)
		closing(fd, "fclose");
	return ds_real.fclose(file);
}

static void closing_range(unsigned first, unsigned last, const char *call)
{
	/* entries exist only below 1024 * 1024; absent chunks are skipped by peek */
	for (unsigned fd = first; fd <= last && fd < 1u << 20; fd++) {
		if (!ds_fd_peek((int)fd))
			fd |= 1023;
		else
			closing((int)fd, call);
	}
}

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1u << 2)
#endif

DS_EXPORT int close_range(unsigned first, unsigned last, int flags)
{
	unsigned own = (unsigned)ds_trace_file_fd();
	int r = 0;

	DS_REAL_INIT();
	if (!(flags & (int)CLOSE_RANGE_CLOEXEC))
		closing_range(first, last, "close_range");
	if (own < first || own > last || !ds_trace_file_owns((int)own))
		return ds_real.close_range(first, last, flags);
	if (own > first)
		r = ds_real.close_range(first, own - 1, flags);
	if (!r && own < last)
		r = ds_real.close_range(own + 1, last, flags);
	return r;
}

DS_EXPORT void closefrom(int first)
{
	DS_REAL_INIT();
	if (first < 0)
		first = 0;
	closing_range((unsigned)first, ~0u, "closefrom");
	if (ds_trace_file_fd() < first || !ds_trace_file_owns(ds_trace_file_fd()) ||
	    !ds_real.close_range || close_range((unsigned)first, ~0u, 0))
		ds_real.closefrom(first);
}

static int duplicated(int from, int to, const char *call)
{
	int saved = errno;

	if (to < 0 || from == to)
		return to;
	if (!ds_fd_is_followed(from)) {
		ds_fd_fresh(to);
		return to;
	}
	if (ds_own_process() && ds_lock_enter()) {
		ds_fd_duplicated(from, to, ds_text(call));
		ds_lock_leave();
	}
	errno = saved;
	return to;
}

DS_EXPORT int dup(int fd)
{
	DS_REAL_INIT();
	return duplicated(fd, ds_real.dup(fd), "dup");
}

/*
 * The program puts a file of its own where our descriptor is: ours moves.  -1: no number is free, it
 * hears EBADF; 1: ours was there.  The table of a vfork child is its own, and closes ours on exec.
 */
static int make_room(int from, int to)
{
	if (DS_LIKELY(to != ds_trace_file_fd()) || !ds_own_process() || !ds_trace_file_owns(to))
		return 0;
	if (from != to && DS_SYS(fcntl, from, F_GETFD) < 0)
		return 0; /* the call will say so */
	if (from != to && ds_trace_file_move(to))
		return 1;
	errno = EBADF;
	return -1;
}

/* What comes before each dup2() and dup3() that has a chance; the same as make_room(). */
static int replacing(int from, int to, const char *call)
{
	int room = make_room(from, to);

	if (room >= 0 && from != to && DS_SYS(fcntl, from, F_GETFD) >= 0)
		closing(to, call);
	return room;
}

static int replaced(int from, int to, int result, int room, const char *call)
{
	if (result < 0 && room > 0)
		ds_trace_file_drop(to);
	return duplicated(from, result, call);
}

DS_EXPORT int dup2(int from, int to)
{
	int room;

	DS_REAL_INIT();
	room = replacing(from, to, "dup2");
	return room < 0 ? -1 : replaced(from, to, ds_real.dup2(from, to), room, "dup2");
}

DS_EXPORT int dup3(int from, int to, int flags)
{
	int room;

	DS_REAL_INIT();
	room = replacing(from, to, "dup3");
	return room < 0 ? -1 : replaced(from, to, ds_real.dup3(from, to, flags), room, "dup3");
}

#define FCNTL(name)                                           \
	DS_EXPORT int name(int fd, int cmd, ...)              \
	{                                                     \
		va_list args;                                 \
		long arg;                                     \
		int r;                                        \
                                                              \
		va_start(args, cmd);                          \
		arg = va_arg(args, long);                     \
		va_end(args);                                 \
		DS_REAL_INIT();                               \
		r = ds_real.name(fd, cmd, arg);               \
		if (cmd == F_DUPFD || cmd == F_DUPFD_CLOEXEC) \
			return duplicated(fd, r, "fcntl");    \
		return r;                                     \
	}
FCNTL(fcntl)
FCNTL(fcntl64)
