/* SPDX-License-Identifier: MIT */
/*
 * The trace file of this process image.
 *
 * Its descriptor lives at a high number, is closed on exec, and is checked before each use: a
 * program that closes everything it did not open must not make us write into somebody's file.
 */
#include "preload/recorder.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>

#include "core/trace.h"
#include "preload/lock.h"
#include "preload/options.h"
#include "preload/real.h"
#include "preload/seen.h"
#include "preload/shared.h"
#include "preload/sys.h"
#include "preload/text.h"

enum { OFF, RUNNING, PENDING, STARTING }; /* PENDING: start at the first event (forked child) */

static struct ds_trace_writer writer;
static _Atomic int state;
static int trace_fd = -1;
static struct stat trace_stat;
static _Atomic uint32_t epoch = 1; /* caches of slots belong to one trace file */
static _Atomic uint32_t used;

static int file_is_ours(void)
{
	struct stat st;

	return trace_fd >= 0 && !ds_sys_fstat(trace_fd, &st) && st.st_dev == trace_stat.st_dev &&
	       st.st_ino == trace_stat.st_ino;
}

/* Write zeros where the file system has no fallocate (9p, some FUSE). */
static int fill_zero(uint64_t from, uint64_t to)
{
	static const char zero[4096];

	while (from < to) {
		uint64_t n = to - from < sizeof(zero) ? to - from : sizeof(zero);
		long r = DS_SYS(pwrite64, trace_fd, zero, n, from);

		if (r <= 0)
			return r ? (int)r : -ENOSPC;
		from += (uint64_t)r;
	}
	return 0;
}

static int extend(void *ctx, uint64_t old_size, uint64_t size)
{
	struct rlimit limit;
	long r;

	(void)ctx;
	if (!file_is_ours())
		return -EBADF;
	/* past RLIMIT_FSIZE the kernel sends SIGXFSZ to the program */
	if (!DS_SYS(prlimit64, 0, RLIMIT_FSIZE, 0, &limit) && size > limit.rlim_cur)
		return -EFBIG;
	r = DS_SYS(fallocate, trace_fd, 0, old_size, size - old_size);
	return r == -EOPNOTSUPP ? fill_zero(old_size, size) : (int)r;
}

static int map(void *ctx, uint64_t offset, size_t length, void **ret)
{
	long p;

	(void)ctx;
	if (!file_is_ours())
		return -EBADF;
	p = DS_SYS(mmap, 0, length, PROT_READ | PROT_WRITE, MAP_SHARED, trace_fd, offset);
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

/* Above what select() and shells use, below the limit. */
static int move_high(int fd)
{
	static const int floors[] = {900, 200, 60, 0};
	long high = -1;

	for (unsigned i = 0; i < 4 && high < 0; i++)
		high = DS_SYS(fcntl, fd, F_DUPFD_CLOEXEC, floors[i]);
	ds_sys_close(fd);
	return (int)high;
}

static int create_file(uint32_t pid)
{
	char path[sizeof(ds_options.dir) + 64], *at;
	long fd = -EEXIST;

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
	return fd < 0 ? (int)fd : move_high((int)fd);
}

static uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static void fill_header(struct ds_trace_header *h, bool forked)
{
	long n;

	h->pid = (int32_t)DS_SYS(getpid);
	h->ppid = (int32_t)DS_SYS(getppid);
	h->start_ns = clock_ns(CLOCK_MONOTONIC);
	h->start_real_ns = clock_ns(CLOCK_REALTIME);
	memcpy(h->arch, ds_arch_name, strlen(ds_arch_name));
	DS_SYS(prctl, PR_GET_NAME, h->comm);
	n = ds_read_file("/proc/sys/kernel/random/boot_id", h->boot_id, sizeof(h->boot_id));
	if (n > 36)
		h->boot_id[36] = 0;
	h->features = (ds_options.guard != DS_GUARD_OFF ? DS_FEATURE_GUARD : 0) |
		      (ds_options.guard == DS_GUARD_EVERY ? DS_FEATURE_EVERY : 0) |
		      (ds_options.observe ? DS_FEATURE_OBSERVE : 0) |
		      (ds_unwind_works() ? DS_FEATURE_STACKS : 0) |
		      (forked ? DS_FEATURE_FORKED : 0);
}

static void put_meta(const char *key, const char *value)
{
	uint32_t k = ds_text(key), v = ds_text_copy(value);

	ds_emit((struct ds_event){.type = DS_EV_META, .a = k, .b = v});
}

static void describe(void)
{
	char text[4096];
	struct utsname uts;
	long n = ds_read_file("/proc/self/cmdline", text, sizeof(text));

	for (char *p = text; n > 0 && p < text + n; p += strlen(p) + 1)
		put_meta("argv", p);
	if (!DS_SYS(uname, &uts))
		put_meta("kernel", uts.release);
	n = DS_SYS(readlinkat, AT_FDCWD, "/proc/self/exe", text, sizeof(text) - 1);
	if (n > 0) {
		text[n] = 0;
		put_meta("exe", text);
	}
}

int ds_recorder_start(bool forked)
{
	static const struct ds_trace_io io = {.extend = extend,
					      .map = map,
					      .ahead = ahead,
					      .behind = behind,
					      .shut = ds_sys_shut,
					      .open = ds_sys_reopen};
	struct ds_trace_header proto = {0};
	int r;

	fill_header(&proto, forked);
	trace_fd = create_file((uint32_t)proto.pid);
	if (trace_fd < 0)
		return trace_fd;
	ds_sys_fstat(trace_fd, &trace_stat);
	r = ds_trace_start(&writer, &io, &proto);
	if (r)
		return r;
	atomic_store(&state, RUNNING);
	if (!forked)
		describe();
	ds_modules_update();
	if (forked)
		ds_shared_introduce();
	return 0;
}

void ds_recorder_after_fork(void)
{
	if (atomic_load(&state) == OFF)
		return;
	if (file_is_ours()) /* else the number is a file of the program */
		ds_sys_close(trace_fd);
	trace_fd = -1;
	atomic_fetch_add(&epoch, 1);
	atomic_store(&used, 0);
	ds_modules_reset();
	memset(&writer, 0, sizeof(writer));
	atomic_store(&state, PENDING);
}

bool ds_recorder_ready(void)
{
	int seen = atomic_load_explicit(&state, memory_order_acquire);

	if (DS_LIKELY(seen == RUNNING))
		return true;
	if (seen != PENDING || !atomic_compare_exchange_strong(&state, &seen, STARTING))
		return false;
	if (ds_recorder_start(true))
		atomic_store(&state, OFF);
	return atomic_load(&state) == RUNNING;
}

uint32_t ds_emit_event(struct ds_event *ev)
{
	if (!ds_recorder_ready())
		return 0;
	if (ev->type == DS_EV_BUFFER)
		atomic_store_explicit(&used, 1, memory_order_relaxed);
	ev->tid = ds_tid();
	ev->time_ns = clock_ns(CLOCK_MONOTONIC);
	return ds_trace_put(&writer, ev);
}

uint32_t ds_recorder_epoch(void)
{
	return atomic_load_explicit(&epoch, memory_order_relaxed);
}

bool ds_recorder_running(void)
{
	return atomic_load(&state) == RUNNING;
}

bool ds_recorder_within_reach(void)
{
	return ds_recorder_running() && file_is_ours();
}

bool ds_recorder_used(void)
{
	return atomic_load(&used);
}

int ds_recorder_fd(void)
{
	return trace_fd;
}

bool ds_recorder_owns(int fd)
{
	return fd >= 0 && fd == trace_fd && file_is_ours();
}

void ds_recorder_end(void)
{
	if (atomic_load(&state) == RUNNING)
		atomic_store(&writer.header->ended, 1);
}

uint32_t ds_recorder_put(struct ds_event *head, const void *payload, size_t bytes)
{
	head->tid = ds_tid();
	head->time_ns = clock_ns(CLOCK_MONOTONIC);
	return ds_trace_put_payload(&writer, head, payload, bytes);
}

uint32_t ds_text_copy(const char *text)
{
	size_t len = strlen(text);
	struct ds_event head = {.type = DS_EV_STRING};

	if (!len || !ds_recorder_ready())
		return 0;
	head.a = len < DS_MAX_STRING - 1 ? len : DS_MAX_STRING - 1;
	return ds_recorder_put(&head, text, head.a);
}

static struct ds_seen texts[512];

/* The text is not where it is looked for first. */
__attribute__((noinline)) static uint32_t find_text(const char *text, uint32_t i)
{
	uint32_t slot, now = epoch;

	for (unsigned n = 0; n < 16; n++, i = (i + 1) & 511) {
		uint64_t word;

		slot = ds_seen_get(&texts[i], now, (uintptr_t)text, &word);
		if (slot)
			return slot;
		if (!ds_seen_free(word, now))
			continue;
		slot = ds_text_copy(text);
		if (slot) /* the first text of a forked child starts its trace: the epoch is read anew */
			ds_seen_put(&texts[i], word, epoch, (uintptr_t)text, slot);
		return slot;
	}
	return ds_text_copy(text);
}

/* Literals are found again by their address; an entry of another epoch is free. */
uint32_t ds_text(const char *text)
{
	uint32_t i = (uint32_t)((uintptr_t)text * 0x9e3779b97f4a7c15ull >> 55), slot;
	uint64_t word;

	slot = ds_seen_get(&texts[i], epoch, (uintptr_t)text, &word);
	return DS_LIKELY(slot) ? slot : find_text(text, i);
}

bool ds_recorder_mend(uintptr_t addr)
{
	uintptr_t start;
	size_t length;

	if (!ds_trace_segment_of(&writer, addr, &start, &length))
		return false;
	DS_SYS(mmap, start, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
	       -1, 0);
	ds_trace_end(&writer, EIO);
	return true;
}

void ds_note_missed(enum ds_missed reason, uint32_t name)
{
	ds_emit((struct ds_event){.type = DS_EV_MISSED, .a = reason, .d = name});
}
