/* SPDX-License-Identifier: MIT */
/* Writes launcher.trace: each fact as soon as it is known, in case the launcher is killed. */
#include "cli/launcher_trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

static int extend(void *ctx, uint64_t old_size, uint64_t size)
{
	const int *fd = ctx;

	return -posix_fallocate(*fd, (off_t)old_size, (off_t)(size - old_size));
}

static int map(void *ctx, uint64_t offset, size_t length, void **ret)
{
	const int *fd = ctx;
	void *p = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, (off_t)offset);

	if (p == MAP_FAILED)
		return -errno;
	*ret = p;
	return 0;
}

static uint64_t now(clockid_t clock)
{
	struct timespec t = {0};

	clock_gettime(clock, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void read_boot_id(char *buf, size_t size)
{
	FILE *f = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (f && fgets(buf, (int)size, f))
		buf[strcspn(buf, "\n")] = 0;
	if (f)
		fclose(f);
}

static uint32_t put_string(struct ds_launcher_trace *t, const char *s)
{
	size_t n = strnlen(s, DS_MAX_STRING - 1);
	struct ds_event head = {.type = DS_EV_STRING, .tid = (uint32_t)gettid(), .a = n};

	head.time_ns = now(CLOCK_MONOTONIC);
	return ds_trace_put_payload(&t->writer, &head, s, n);
}

static void put_meta(struct ds_launcher_trace *t, const char *key, const char *value)
{
	struct ds_event ev = {.type = DS_EV_META, .tid = (uint32_t)gettid()};

	ev.a = put_string(t, key);
	ev.b = put_string(t, value);
	ev.time_ns = now(CLOCK_MONOTONIC);
	ds_trace_put(&t->writer, &ev);
}

static void put_number(struct ds_launcher_trace *t, const char *key, int value)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", value);
	put_meta(t, key, text);
}

static int start(struct ds_launcher_trace *t, const struct utsname *host)
{
	const struct ds_trace_io io = {.ctx = &t->fd, .extend = extend, .map = map};
	struct ds_trace_header proto = {
		.pid = getpid(),
		.ppid = getppid(),
		.start_ns = now(CLOCK_MONOTONIC),
		.start_real_ns = now(CLOCK_REALTIME),
		.comm = "dmasan",
	};

	snprintf(proto.arch, sizeof(proto.arch), "%.15s", host->machine);
	read_boot_id(proto.boot_id, sizeof(proto.boot_id));
	return ds_trace_start(&t->writer, &io, &proto);
}

int ds_launcher_trace_open(struct ds_launcher_trace *t, int dir, char **argv)
{
	struct utsname host = {0};
	int r;

	uname(&host);
	t->fd = openat(dir, "launcher" DS_TRACE_SUFFIX,
		       O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (t->fd < 0)
		return -errno;
	r = start(t, &host);
	if (r) {
		close(t->fd);
		t->fd = -1;
		return r;
	}
	put_meta(t, "role", "launcher");
	put_meta(t, "dmasan", DS_VERSION);
	put_meta(t, "kernel", host.release);
	put_meta(t, "arch", host.machine);
	for (; *argv; argv++)
		put_meta(t, "argv", *argv);
	return 0;
}

void ds_launcher_trace_say(struct ds_launcher_trace *t, const char *key, const char *value)
{
	put_meta(t, key, value);
}

void ds_launcher_trace_child(struct ds_launcher_trace *t, int child)
{
	put_number(t, "child", child);
}

void ds_launcher_trace_coherency(struct ds_launcher_trace *t, const char *policy, const char *seed)
{
	put_meta(t, "coherency", policy);
	put_meta(t, "seed", seed);
}

void ds_launcher_trace_end(struct ds_launcher_trace *t, int status)
{
	if (t->fd < 0)
		return;
	put_number(t, "exit_status", status);
	atomic_store(&t->writer.header->ended, 1);
	close(t->fd);
	t->fd = -1;
}
