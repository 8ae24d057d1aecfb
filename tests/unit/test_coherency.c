/* SPDX-License-Identifier: MIT */
/* core/coherency.c against the table of tests/vm/matrix.h, and the properties that the table cannot show. */
#include <stdlib.h>

#include "core/coherency.h"
#include "tests/unit/unit.h"
#include "tests/vm/matrix.h"

struct bench {
	struct matrix m;
	struct ds_images im;
	enum ds_policy policy;
	uint64_t n;
};

static void step(struct bench *b, enum ds_cache_event event)
{
	ds_cache_step(&b->im, b->policy, event, ++b->n);
}

static void sync_bench(struct matrix *m, int end, int rights)
{
	struct bench *b = (struct bench *)m;

	if (end)
		step(b, rights & M_WRITE ? DS_CACHE_END_WRITE : DS_CACHE_END_READ);
	else
		step(b, rights & M_READ ? DS_CACHE_START_READ : DS_CACHE_START_WRITE);
}

static void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

/* Exactly as many bytes as are named, so that the sanitizer sees a byte too much. */
static struct bench *bench_new(enum ds_policy policy, uint64_t seed, size_t size)
{
	struct bench *b = need(calloc(1, sizeof(*b)));

	b->policy = policy;
	b->im.seed = seed;
	b->im.size = size;
	b->im.real = need(calloc(1, size));
	b->im.shadow = policy == DS_POLICY_REAL ? b->im.real : need(malloc(size));
	b->im.pristine = need(malloc(size));
	b->im.mark = need(calloc(1, DS_LINES(size)));
	b->m = (struct matrix){b->im.shadow, b->im.real, sync_bench};
	step(b, DS_CACHE_FIRST_MAP);
	return b;
}

static void bench_free(struct bench *b)
{
	if (b->im.shadow != b->im.real)
		free(b->im.shadow);
	free(b->im.real);
	free(b->im.pristine);
	free(b->im.mark);
	free(b);
}

static void test_matrix(void)
{
	for (int p = 0; p < DS_POLICIES; p++)
		for (int row = 1; row <= M_ROWS; row++) {
			struct bench *b = bench_new((enum ds_policy)p, 1, M_SIZE);
			const char *want = matrix_expect[row - 1][p];
			char got[32];

			matrix_row(&b->m, row, got);
			UNIT_CHECK(!strcmp(got, want), "row %d, %s: %s, expected %s", row,
				   ds_policy_name((enum ds_policy)p), got, want);
			bench_free(b);
		}
}

/* Events with a column per policy: what the device wrote and the CPU wrote, before and after. */
static const struct queue_row {
	enum ds_cache_event event;
	const char *cpu[DS_POLICIES], *dev[DS_POLICIES]; /* real is not used */
} queue_rows[] = {
	/* the device holds B, the program has stored C over the cached A: stale, stale7, random, bounce */
	{DS_CACHE_QUEUE_CAPTURE, {"", "C", "B", "C", "C"}, {"", "C", "B", "C", "B"}},
	{DS_CACHE_QUEUE_OUTPUT, {"", "C", "C", "C", "C"}, {"", "C", "C", "C", "C"}},
	{DS_CACHE_DEQUEUE_CAPTURE, {"", "B", "B", "BC", "B"}, {"", "B", "B", "BC", "B"}},
	{DS_CACHE_QUEUE_CAPTURE_DMABUF, {"", "C", "C", "C", "C"}, {"", "B", "B", "B", "B"}},
	{DS_CACHE_QUEUE_OUTPUT_DMABUF, {"", "C", "C", "C", "C"}, {"", "B", "B", "BC", "B"}},
	{DS_CACHE_DEQUEUE_OUTPUT, {"", "C", "C", "C", "C"}, {"", "B", "B", "B", "B"}},
	{DS_CACHE_DEQUEUE_OUTPUT_DMABUF, {"", "C", "C", "C", "C"}, {"", "B", "B", "BC", "B"}},
	{DS_CACHE_DEQUEUE_CAPTURE_DMABUF, {"", "C", "C", "C", "C"}, {"", "B", "B", "BC", "B"}},
	{DS_CACHE_FLUSH, {"", "C", "C", "C", "C"}, {"", "C", "C", "C", "C"}},
};

static void test_queue_events(void)
{
	for (unsigned i = 0; i < sizeof(queue_rows) / sizeof(queue_rows[0]); i++)
		for (int p = DS_POLICY_STALE; p < DS_POLICIES; p++) {
			const struct queue_row *row = &queue_rows[i];
			struct bench *b = bench_new((enum ds_policy)p, 1, M_SIZE);
			char cpu[16], dev[16];

			matrix_fill(b->m.dev, 0, M_SIZE, M_B);
			matrix_fill(b->m.cpu, 0, M_SIZE, M_C);
			step(b, row->event);
			matrix_look(b->m.cpu, 0, 0, cpu);
			matrix_look(b->m.dev, 0, 0, dev);
			UNIT_CHECK(!strcmp(cpu, row->cpu[p]) && !strcmp(dev, row->dev[p]),
				   "%s, %s: cpu %s dev %s, expected %s %s",
				   ds_cache_event_name(row->event),
				   ds_policy_name((enum ds_policy)p), cpu, dev, row->cpu[p],
				   row->dev[p]);
			bench_free(b);
		}
}

static void damage(uint64_t seed, uint64_t id, uint64_t n, uint8_t *ret)
{
	struct bench *b = bench_new(DS_POLICY_RANDOM, seed, M_SIZE);

	b->im.id = id;
	b->n = n;
	matrix_fill(b->m.cpu, 0, M_SIZE, M_C);
	step(b, DS_CACHE_QUEUE_OUTPUT_DMABUF);
	memcpy(ret, b->im.real, M_SIZE);
	bench_free(b);
}

static void test_seed(void)
{
	static uint8_t a[M_SIZE], b[M_SIZE];

	damage(7, 3, 10, a);
	damage(7, 3, 10, b);
	UNIT_CHECK(!memcmp(a, b, M_SIZE), "the same seed, buffer and event give the same damage");
	damage(8, 3, 10, b);
	UNIT_CHECK(memcmp(a, b, M_SIZE), "another seed gives another damage");
	damage(7, 4, 10, b);
	UNIT_CHECK(memcmp(a, b, M_SIZE), "another buffer gives another damage");
	damage(7, 3, 11, b);
	UNIT_CHECK(memcmp(a, b, M_SIZE), "another event gives another damage");
}

/* A store of what a stale line once held must reach the device, however often the line was marked. */
static void test_silent_store(void)
{
	for (int marks = 1; marks <= 6; marks++) {
		struct bench *b = bench_new(DS_POLICY_STALE, 1, 640);
		bool right = true;

		b->im.cold = false;
		memset(b->im.real, M_B, b->im.size);
		for (int i = 0; i < marks; i++) {
			step(b, DS_CACHE_START_WRITE);
			if (i + 1 < marks)
				step(b, DS_CACHE_END_WRITE);
		}
		memset(b->im.shadow, 0, b->im.size); /* what was loaded at first */
		step(b, DS_CACHE_END_WRITE);
		for (size_t i = 0; i < b->im.size; i++)
			right &= b->im.real[i] == 0;
		UNIT_CHECK(right, "after %d brackets", marks);
		bench_free(b);
	}
}

/* Sizes that are no multiple of a line or a page: a user pointer's. */
static void test_odd_sizes(void)
{
	static const size_t sizes[] = {1, 63, 64, 65, 4095, 4097, 8191, 14400};

	for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
		for (int p = DS_POLICY_STALE; p < DS_POLICIES; p++)
			for (int e = 0; e < DS_CACHE_EVENTS; e++) {
				struct bench *b = bench_new((enum ds_policy)p, 1, sizes[i]);

				memset(b->im.real, M_B, sizes[i]);
				b->im.shadow[sizes[i] - 1] = M_C;
				step(b, (enum ds_cache_event)e);
				step(b, DS_CACHE_START_READ);
				UNIT_CHECK(
					!ds_cache_differs(&b->im, b->policy, false),
					"%zu bytes, %s: START for reading shows the device's data",
					sizes[i], ds_policy_name(b->policy));
				bench_free(b);
			}
}

static void test_counts(void)
{
	struct bench *b = bench_new(DS_POLICY_STALE, 1, 640);
	struct ds_damage d;

	b->im.real[0] = M_B;
	b->im.real[639] = M_B;
	b->im.shadow[100] = M_C;
	UNIT_CHECK(ds_cache_differs(&b->im, b->policy, false) == 3,
		   "two stale lines and a dirty one");
	UNIT_CHECK(ds_cache_differs(&b->im, b->policy, true) == 1, "one line holds a store");
	d = ds_cache_step(&b->im, b->policy, DS_CACHE_START_READ, 1);
	UNIT_CHECK(d.lost == 1, "START for reading throws it away: %zu", d.lost);
	bench_free(b);
}

/* QBUF after DQBUF looks at dirty lines alone, and after anything else at all of them. */
static void test_fetched(void)
{
	static const enum ds_cache_event before[] = {
		DS_CACHE_DEQUEUE_CAPTURE, DS_CACHE_START_READ, DS_CACHE_DEQUEUE_CAPTURE_DMABUF,
		DS_CACHE_QUEUE_CAPTURE_DMABUF, DS_CACHE_QUEUE_CAPTURE};

	for (unsigned i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		struct bench *b = bench_new(DS_POLICY_STALE7, 1, 3 * 4096);
		struct ds_damage d;

		b->im.cold = false;
		memset(b->im.real, M_B, b->im.size);
		step(b, before[i]);
		b->im.shadow[5000] = M_C;
		d = ds_cache_step(&b->im, b->policy, DS_CACHE_QUEUE_CAPTURE, 9);
		UNIT_CHECK(d.lost == 1 && !ds_cache_differs(&b->im, b->policy, false),
			   "queued after '%s': %zu lost, and nothing is stale",
			   ds_cache_event_name(before[i]), d.lost);
		bench_free(b);
	}
}

CU_TestInfo unit_coherency[] = {
	{"nine sequences, five policies", test_matrix},
	{"hand-overs of queues", test_queue_events},
	{"damage is a function of seed, buffer and event", test_seed},
	{"a store of old bytes is a store", test_silent_store},
	{"odd sizes", test_odd_sizes},
	{"what is counted", test_counts},
	{"queued right after everything was fetched", test_fetched},
	CU_TEST_INFO_NULL,
};
