/* SPDX-License-Identifier: MIT */
/*
 * The trace file of this process image.
 *
 * Its descriptor lives at a high number, is closed on exec, and is checked before each use: a
 * program that closes everything it did not open must not make us write into somebody's file.
 */
#include "preload/trace_file.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <time.h>

#include "core/event.h"
#include "preload/options.h"
#include "preload/sys.h"
#include "preload/text.h"

static _Atomic int trace_fd = -1;
static struct stat trace_stat;
static _Atomic uint32_t users; /* threads that use the descriptor right now */

static bool is_trace(int fd)
{
	struct stat st;

	return fd >= 0 && !ds_sys_fstat(fd, &st) && st.st_dev == trace_stat.st_dev &&
	       st.st_ino == trace_stat.st_ino;
}

/* The descriptor, to be used until release(); -EBADF when the number is a file of the program. */
static int hold(void)
{
	int fd;

	atomic_fetch_add(&users, 1);
	fd = atomic_load(&trace_fd);
	return is_trace(fd) ? fd : -EBADF;
}

static void release(void)
{
	atomic_fetch_sub(&users, 1);
}

/* Write zeros where the file system has no fallocate (9p, some FUSE). */
static int fill_zero(int fd, uint64_t from, uint64_t to)
{
	static const char zero[4096];

	while (from < to) {
		uint64_t n = to - from < sizeof(zero) ? to - from : sizeof(zero);
		long r = DS_SYS(pwrite64, fd, zero, n, from);

		if (r <= 0)
			return r ? (int)r : -ENOSPC;
		from += (uint64_t)r;
	}
	return 0;
}

static int allocate(int fd, uint64_t old_size, uint64_t size)
{
	struct rlimit limit;
	long r;

	/* past RLIMIT_FSIZE the kernel sends SIGXFSZ to the program */
	if (!DS_SYS(prlimit64, 0, RLIMIT_FSIZE, 0, &limit) && size > limit.rlim_cur)
		return -EFBIG;
	r = DS_SYS(fallocate, fd, 0, old_size, size - old_size);
	return r == -EOPNOTSUPP ? fill_zero(fd, old_size, size) : (int)r;
}

static int extend(void *ctx, uint64_t old_size, uint64_t size)
{
	int fd = hold(), r = fd;

	(void)ctx;
	if (fd >= 0)
		r = allocate(fd, old_size, size);
	release();
	return r;
}

static int map(void *ctx, uint64_t offset, size_t length, void **ret)
{
	int fd = hold();
	long p = fd;

	(void)ctx;
	if (fd >= 0)
		p = DS_SYS(mmap, 0, length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, offset);
	release();
	if (p < 0 && p > -4096)
		return (int)p;
	*ret = (void *)p;
	return 0;
}

static void ahead(void *at, size_t length)
{
	DS_SYS(madvise, at, length, MADV_POPULATE_WRITE); /* older kernels refuse: pages fault in */
}

/* Out of the program's resident memory; what was written is the file's. */
static void behind(void *at, size_t length)
{
	DS_SYS(madvise, at, length, MADV_DONTNEED);
}

const struct ds_trace_io ds_trace_file_io = {.extend = extend,
					     .map = map,
					     .ahead = ahead,
					     .behind = behind,
					     .shut = ds_sys_shut,
					     .open = ds_sys_reopen};

/* A second number for the file, above what select() and shells use, below the limit. */
static int high_number(int fd)
{
	static const int floors[] = {900, 200, 60, 0};
	long high = -1;

	for (unsigned i = 0; i < 4 && high < 0; i++)
		high = DS_SYS(fcntl, fd, F_DUPFD_CLOEXEC, floors[i]);
	return (int)high;
}

int ds_trace_file_create(uint32_t pid)
{
	char path[sizeof(ds_options.dir) + 64], *at;
	long fd = -EEXIST;
	int high;

	for (unsigned n = 0; fd == -EEXIST && n < 1000; n++) {
		at = path;
		ds_put_text(&at, path + sizeof(path), ds_options.dir);
		ds_put_text(&at, path + sizeof(path), "/");
		ds_put_number(&at, path + sizeof(path), pid);
		if (n) {
			ds_put_text(&at, path + sizeof(path), "-");
			ds_put_number(&at, path + sizeof(path), n);
		}
		ds_put_text(&at, path + sizeof(path), DS_TRACE_SUFFIX);
		fd = ds_sys_open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	}
	if (fd < 0)
		return (int)fd;
	high = high_number((int)fd);
	ds_sys_close((int)fd);
	if (high < 0)
		return high;
	ds_sys_fstat(high, &trace_stat);
	atomic_store(&trace_fd, high);
	return 0;
}

void ds_trace_file_after_fork(void)
{
	int fd = atomic_exchange(&trace_fd, -1);

	if (is_trace(fd)) /* else the number is a file of the program */
		ds_sys_close(fd);
	atomic_store(&users, 0);
}

int ds_trace_file_fd(void)
{
	return atomic_load_explicit(&trace_fd, memory_order_relaxed);
}

bool ds_trace_file_owns(int fd)
{
	return fd >= 0 && fd == ds_trace_file_fd() && is_trace(fd);
}

/* Nobody uses a number from before any more; false: it took too long. */
static bool unused(void)
{
	const struct timespec nap = {.tv_nsec = 1000000};
	uint32_t seen;

	for (int i = 0; i < 1000; i++) {
		seen = atomic_load(&users);
		if (!seen)
			return true;
		DS_SYS(futex, &users, FUTEX_WAIT_PRIVATE, seen, &nap);
	}
	return false;
}

bool ds_trace_file_move(int fd)
{
	int other = high_number(fd), was = fd;

	if (other < 0)
		return false;
	if (!atomic_compare_exchange_strong(&trace_fd, &was, other))
		ds_sys_close(other); /* another thread was faster */
	return unused();
}

void ds_trace_file_drop(int fd)
{
	if (fd != ds_trace_file_fd() && is_trace(fd))
		ds_sys_close(fd);
}
