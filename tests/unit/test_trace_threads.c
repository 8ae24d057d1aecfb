/* SPDX-License-Identifier: MIT */
/* Writers side by side, a writer that is killed, a file that grows slowly. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define THREADS 8
#define EACH	4000

struct writer {
	struct unit_trace *t;
	uint32_t tid;
	unsigned events;
	pthread_t thread;
};

/* Every eighth record is a payload, whose bytes tell its writer and number. */
static void *write_events(void *arg)
{
	const struct writer *w = arg;

	for (uint32_t i = 0; i < w->events; i++) {
		struct ds_event head = {.type = DS_EV_STACK, .tid = w->tid, .a = 30, .b = i};
		uint64_t frame[30];

		if (i % 8) {
			unit_put(w->t, w->tid, DS_EV_ACCESS, i);
			continue;
		}
		for (unsigned k = 0; k < 30; k++)
			frame[k] = (uint64_t)w->tid << 32 | i;
		ds_trace_put_payload(&w->t->w, &head, frame, sizeof(frame));
	}
	return NULL;
}

static void write_in_threads(struct unit_trace *t, struct writer w[THREADS], unsigned events)
{
	for (uint32_t i = 0; i < THREADS; i++) {
		w[i] = (struct writer){.t = t, .tid = i + 1, .events = events};
		CU_ASSERT_EQUAL_FATAL(pthread_create(&w[i].thread, NULL, write_events, &w[i]), 0);
	}
	for (uint32_t i = 0; i < THREADS; i++)
		pthread_join(w[i].thread, NULL);
}

/* Is the payload of this stack the one that its writer gave it? */
static bool intact(struct ds_trace_reader *r, uint32_t slot, const struct ds_event *ev)
{
	uint64_t frame[32];

	if (ds_trace_payload(r, slot, frame, sizeof(frame)) != 30 * 8)
		return false;
	for (unsigned k = 0; k < 30; k++)
		if (frame[k] != ((uint64_t)ev->tid << 32 | ev->b))
			return false;
	return true;
}

/* Each event of each thread exactly once, in the order in which its thread wrote them. */
static void check_events(struct ds_trace_reader *r, unsigned events)
{
	uint64_t seen[THREADS + 1] = {0};
	bool ok = true;
	struct ds_event ev;
	uint32_t slot;

	while (ok && ds_trace_next(r, &ev, &slot) > 0) {
		uint64_t number = ev.type == DS_EV_STACK ? ev.b : ev.a;

		ok = ev.tid >= 1 && ev.tid <= THREADS && number == seen[ev.tid]++;
		if (ok && ev.type == DS_EV_STACK)
			ok = intact(r, slot, &ev);
		UNIT_CHECK(ok, "slot %u: thread %u, number %u", slot, ev.tid, (unsigned)number);
	}
	for (unsigned i = 1; i <= THREADS; i++)
		UNIT_CHECK(seen[i] == events, "thread %u: %u events", i, (unsigned)seen[i]);
	CU_ASSERT_EQUAL(ds_trace_torn(r), 0);
}

static void threads(unsigned events, unsigned extend_ms)
{
	struct unit_trace t = {.extend_ms = extend_ms};
	struct writer w[THREADS];
	struct ds_trace_reader *r;
	char dir[UNIT_PATH];

	unit_dir_make(dir);
	CU_ASSERT_EQUAL_FATAL(unit_trace_start(&t, dir, "1.trace", NULL), 0);
	write_in_threads(&t, w, events);
	CU_ASSERT_EQUAL(t.w.header->lost, 0);
	unit_trace_finish(&t, false);
	CU_ASSERT_EQUAL_FATAL(ds_trace_open(t.path, &r), 0);
	check_events(r, events);
	ds_trace_close(r);
	unit_dir_remove(dir);
}

static void test_threads(void)
{
	threads(EACH, 0);
}

/* Growing the file takes a while: the others wait, and nothing is lost. */
static void test_slow_disk(void)
{
	threads(1200, 60);
}

/* A signal handler that interrupts its own thread while that grows the file must not wait. */
static void test_interrupted_growth(void)
{
	struct unit_trace t = {.limit = 0};
	char dir[UNIT_PATH];

	unit_dir_make(dir);
	CU_ASSERT_EQUAL_FATAL(unit_trace_start(&t, dir, "1.trace", NULL), 0);
	while (atomic_load(&t.w.header->next) < DS_FIRST_SEGMENT_SLOTS)
		unit_put(&t, 7, DS_EV_ACCESS, 0);
	atomic_store(&t.w.growing, 7);
	CU_ASSERT_EQUAL(unit_put(&t, 7, DS_EV_ACCESS, 1), 0);
	CU_ASSERT_EQUAL(t.w.header->lost, 1);
	atomic_store(&t.w.growing, 0);
	CU_ASSERT_NOT_EQUAL(unit_put(&t, 7, DS_EV_ACCESS, 2), 0); /* recording goes on */
	unit_trace_finish(&t, false);
	unit_dir_remove(dir);
}

static double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The thread that grows the file never comes back: the others wait for it once, and go on. */
static void test_abandoned_growth(void)
{
	struct unit_trace t = {.limit = 0};
	char dir[UNIT_PATH];
	double start;

	unit_dir_make(dir);
	CU_ASSERT_EQUAL_FATAL(unit_trace_start(&t, dir, "1.trace", NULL), 0);
	while (atomic_load(&t.w.header->next) < DS_FIRST_SEGMENT_SLOTS)
		unit_put(&t, 7, DS_EV_ACCESS, 0);
	atomic_store(&t.w.growing, 8);
	start = seconds();
	for (unsigned i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(unit_put(&t, 7, DS_EV_ACCESS, i), 0);
	CU_ASSERT(seconds() - start < 10);
	CU_ASSERT_EQUAL(t.w.header->lost, 100);
	atomic_store(&t.w.growing, 0);
	CU_ASSERT_NOT_EQUAL(unit_put(&t, 7, DS_EV_ACCESS, 2), 0); /* it came back after all */
	unit_trace_finish(&t, false);
	unit_dir_remove(dir);
}

/* ---- a writer that is killed ---- */

static _Noreturn void write_until_killed(struct unit_trace *t, _Atomic uint64_t *done)
{
	uint64_t frame[20];

	for (uint64_t i = 0;; i++) {
		struct ds_event head = {.type = DS_EV_STACK, .tid = 1, .a = i};

		for (unsigned k = 0; k < 20; k++)
			frame[k] = i;
		ds_trace_put_payload(&t->w, &head, frame, sizeof(frame));
		atomic_store(done, i + 1);
	}
}

/* Every record that the writer finished is there and whole, and at most one is torn. */
static void check_survivors(const char *path, uint64_t done)
{
	struct ds_trace_reader *r;
	struct ds_event ev;
	uint64_t n = 0, frame[32];
	bool whole = true;
	uint32_t slot;

	CU_ASSERT_EQUAL_FATAL(ds_trace_open(path, &r), 0);
	while (ds_trace_next(r, &ev, &slot) > 0) {
		whole &= ev.type == DS_EV_STACK && ev.a == n++ &&
			 ds_trace_payload(r, slot, frame, sizeof(frame)) == 160 &&
			 frame[0] == ev.a && frame[19] == ev.a;
	}
	CU_ASSERT_TRUE(whole);
	UNIT_CHECK(n == done || n == done + 1, "%u events read, %u written", (unsigned)n,
		   (unsigned)done);
	CU_ASSERT(ds_trace_torn(r) <= 4); /* the head and the continuations of one record */
	ds_trace_close(r);
}

static void kill_once(const char *dir, _Atomic uint64_t *done, unsigned delay_us)
{
	struct unit_trace t = {.limit = 0};
	pid_t child;

	CU_ASSERT_EQUAL_FATAL(unit_trace_start(&t, dir, "1.trace", NULL), 0);
	atomic_store(done, 0);
	child = fork();
	if (!child)
		write_until_killed(&t, done);
	CU_ASSERT_FATAL(child > 0);
	while (!atomic_load(done))
		sched_yield();
	usleep(delay_us);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	check_survivors(t.path, atomic_load(done));
	unit_trace_finish(&t, false);
	unlink(t.path);
}

static void test_killed(void)
{
	_Atomic uint64_t *done =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	char dir[UNIT_PATH];
	unsigned seed = 1;

	CU_ASSERT_FATAL(done != MAP_FAILED);
	unit_dir_make(dir);
	for (unsigned i = 0; i < 25; i++)
		kill_once(dir, done, (unsigned)rand_r(&seed) % 3000);
	unit_dir_remove(dir);
	munmap(done, 4096);
}

CU_TestInfo unit_trace_threads[] = {
	{"eight writers", test_threads},
	{"eight writers on a slow disk", test_slow_disk},
	{"growth that interrupts itself", test_interrupted_growth},
	{"growth that never ends", test_abandoned_growth},
	{"a killed writer", test_killed},
	CU_TEST_INFO_NULL,
};
