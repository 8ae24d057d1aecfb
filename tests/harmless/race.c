/* SPDX-License-Identifier: MIT */
/*
 * The library's own state under ThreadSanitizer: threads that map, cut and unmap under the lock, readers as the trap
 * handler is one (without the lock), and writers of the trace that grows beneath them.  race [unlocked]
 *
 * Real here: preload/lock.c, map.c, table.c and core/trace_write.c.  What they call is below.
 * "unlocked" leaves the lock out: then ThreadSanitizer must find something.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/trace.h"
#include "preload/arch/arch.h"
#include "preload/left.h"
#include "preload/lock.h"
#include "preload/recorder.h"
#include "preload/seen.h"
#include "preload/shared.h"
#include "preload/state.h"
#include "preload/video.h"

#define BUFFERS 64
#define ROUNDS	100
#define PAGE	4096ul
#define BASE	0x10000000ul /* nothing is there: addresses are numbers here */

static struct ds_trace_writer writer;
static struct ds_buf buf[BUFFERS + 1];
static _Atomic uint64_t put, found, mixed, remembered;
static _Atomic bool over;
static bool locked = true;

/* ---- what the real code calls ---- */

void ds_arch_pause(void)
{
}

long ds_arch_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	long r = syscall(number, a, b, c, d, e, f);

	return r < 0 ? -errno : r;
}

uint32_t ds_emit_event(struct ds_event *ev)
{
	ev->tid = ds_tid();
	put++;
	return ds_trace_put(&writer, ev);
}

void ds_note_missed(enum ds_missed reason, uint32_t name)
{
	(void)name;
	fprintf(stderr, "missed %d\n", (int)reason);
	abort();
}

uint32_t ds_stack_here(void)
{
	return 0;
}

void ds_stack_use(uint32_t slot)
{
	(void)slot;
}

bool ds_own_process(void)
{
	return true;
}

/* No section is left here. */
bool ds_left(uintptr_t taken, uintptr_t here)
{
	return here == taken;
}

int ds_left_ask(uint32_t tid)
{
	return tid ? -EAGAIN : 0;
}

struct ds_buf *ds_buf_at(uint32_t number)
{
	return number && number <= BUFFERS ? &buf[number] : NULL;
}

void ds_guard_map(struct ds_map *m)
{
	atomic_store(&m->want, m->prog_prot);
}

void ds_shared_publish(struct ds_buf *b)
{
	(void)b;
}

void ds_shared_leave(struct ds_buf *b)
{
	(void)b;
}

void ds_video_map_dropped(uint32_t file)
{
	(void)file;
}

void ds_video_map_held(uint32_t file)
{
	(void)file;
}

bool ds_queue_open(uint32_t actor)
{
	return actor != 0;
}

/* ---- the trace, in memory ---- */

static int extend(void *ctx, uint64_t old_size, uint64_t size)
{
	(void)ctx;
	return size < old_size;
}

static int map(void *ctx, uint64_t offset, size_t length, void **ret)
{
	(void)ctx;
	(void)offset;
	*ret = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	return *ret == MAP_FAILED ? -1 : 0;
}

/* ---- threads ---- */

static void enter(void)
{
	if (locked && !ds_lock_enter())
		abort();
}

static void leave(void)
{
	if (locked)
		ds_lock_leave();
}

/* Each thread has addresses of its own, all have the tables in common. */
static void *mutate(void *arg)
{
	const unsigned me = (unsigned)(uintptr_t)arg;

	for (unsigned i = 0; i < ROUNDS; i++) {
		struct ds_buf *b = &buf[1 + (i * 7 + me) % BUFFERS];
		uintptr_t at = BASE * (me + 1) + i % 16 * 16 * PAGE;

		enter();
		ds_map_add(b, DS_ORIGIN_DMABUF, at, 8 * PAGE, 0, PROT_READ | PROT_WRITE);
		leave();
		enter();
		ds_map_set_prot(at + 2 * PAGE, 2 * PAGE, PROT_READ);
		ds_map_cut(at + 5 * PAGE, PAGE);
		leave();
		if (i % 3 == 0)
			continue;
		enter();
		ds_map_cut(at, 8 * PAGE);
		leave();
	}
	return arg;
}

static void *look(void *arg)
{
	uint64_t seen = 0;

	for (unsigned i = (unsigned)(uintptr_t)arg; !over; i++) {
		uintptr_t at = BASE * (i % 4 + 1) + i * 31 % 256 * PAGE;
		struct ds_map *m = ds_map_enter(at);

		if (m && at - m->addr < m->len)
			seen += (unsigned)(m->want + m->prog_prot + m->unguarded) + m->buffer +
				m->number + m->origin + (m->offset != 1);
		ds_map_leave();
		seen += ds_map_overlaps(at, PAGE);
	}
	found += seen;
	return arg;
}

static void *record(void *arg)
{
	static const char text[] =
		"a text that takes more than one slot, since a slot holds 64 bytes of it";

	while (!over) {
		struct ds_event head = {.type = DS_EV_STRING, .a = sizeof(text), .tid = ds_tid()};

		put += 1 + (sizeof(text) + DS_CONT_BYTES - 1) / DS_CONT_BYTES;
		ds_trace_put_payload(&writer, &head, text, sizeof(text));
		if (put > 200000)
			break;
	}
	return arg;
}

/*
 * One cell for all: a slot that was given for one key must never come back for another.  As in a
 * trace, no slot is given twice: key, thread and round are all in it.
 */
static uint32_t slot_of(uint64_t key, uintptr_t thread, uint64_t round)
{
	return (uint32_t)(((round * 4 + thread) * 4 + key) + 1);
}

static void *remember(void *arg)
{
	static struct ds_seen cell;
	uint64_t word;

	for (uint64_t i = 0, key = (uintptr_t)arg; i < 4000000; i++, key = key * 5 + i) {
		const uint64_t k = key >> 8 & 3;
		uint32_t slot = ds_seen_get(&cell, 1, k, &word);

		if (slot && (slot - 1) % 4 != k)
			mixed++;
		remembered += slot != 0;
		if (!slot)
			ds_seen_put(&cell, word, 1, k, slot_of(k, (uintptr_t)arg, i));
	}
	return arg;
}

/* False when two threads could fill one cell at a time. */
static bool cells(void)
{
	pthread_t thread[4];

	for (uintptr_t i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, remember, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	return remembered && !mixed;
}

int main(int argc, char **argv)
{
	static const struct ds_trace_io io = {.extend = extend, .map = map};
	static const struct ds_trace_header proto = {.pid = 1};
	pthread_t thread[12];

	locked = argc < 2 || strcmp(argv[1], "unlocked") != 0;
	for (uint32_t i = 1; i <= BUFFERS; i++)
		buf[i].number = i;
	if (ds_trace_start(&writer, &io, &proto))
		return 1;
	for (uintptr_t i = 0; i < 12; i++)
		pthread_create(&thread[i], NULL, i < 4 ? mutate : i < 8 ? look : record, (void *)i);
	for (int i = 0; i < 4; i++)
		pthread_join(thread[i], NULL);
	over = true;
	for (int i = 4; i < 12; i++)
		pthread_join(thread[i], NULL);
	if (writer.header->lost || writer.header->next != DS_FIRST_SLOT + put)
		return 2;
	if (!cells()) {
		printf("%llu of %llu cells were mixed\n", (unsigned long long)mixed,
		       (unsigned long long)remembered);
		return 3;
	}
	printf("%llu slots written, lookups that found a mapping: %s\n", (unsigned long long)put,
	       found ? "some" : "none");
	return !found;
}
