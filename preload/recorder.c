/* SPDX-License-Identifier: MIT */
/* What happens in this process image, into its trace. */
#include "preload/recorder.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
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
#include "preload/trace_file.h"

enum { OFF, RUNNING, PENDING, STARTING }; /* PENDING: start at the first event (forked child) */

static struct ds_trace_writer writer;
static _Atomic int state;
static _Atomic uint32_t epoch = 1; /* caches of slots belong to one trace file */
static _Atomic uint32_t used;

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
		      (ds_unwind_works() && !ds_stacks_shut() ? DS_FEATURE_STACKS : 0) |
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
	struct ds_trace_header proto = {0};
	int r;

	fill_header(&proto, forked);
	r = ds_trace_file_create((uint32_t)proto.pid);
	if (r)
		return r;
	r = ds_trace_start(&writer, &ds_trace_file_io, &proto);
	if (r)
		return r;
	atomic_store(&state, RUNNING);
	if (!forked)
		describe();
	if (!ds_stacks_shut())
		ds_modules_update();
	if (forked)
		ds_shared_introduce();
	return 0;
}

void ds_recorder_after_fork(void)
{
	if (atomic_load(&state) == OFF)
		return;
	ds_trace_file_after_fork();
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
	return ds_recorder_running() && ds_trace_file_owns(ds_trace_file_fd());
}

bool ds_recorder_used(void)
{
	return atomic_load(&used);
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
