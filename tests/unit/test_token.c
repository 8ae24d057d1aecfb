/* SPDX-License-Identifier: MIT */
/* Tokens: equal for the same defect wherever it runs, different for another one; joined findings. */
#include <stdlib.h>
#include <string.h>

#include "core/analyze.h"
#include "tests/unit/story.h"

#define TOKENS 8

struct tokens {
	unsigned n;
	char token[TOKENS][20];
	uint64_t count[TOKENS];
};

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Frames 0x140 and 0x240 of the module are these functions, in every run that has names. */
static void name_frames(struct ds_stack *stack, const char *first)
{
	static const char *const rest[] = {"main", "never reached"};

	for (unsigned i = 0; i < stack->frames; i++)
		stack->frame[i].function = strdup(i ? rest[i - 1] : first);
}

/* Tokens of one story, sorted; `function`: NULL, or the name of every innermost frame. */
static struct tokens tokens_of(const struct ds_event *step, const struct story_process *as,
			       const char *function)
{
	struct tokens t = {0};
	struct ds_run *run;
	char dir[UNIT_PATH];

	unit_dir_make(dir);
	story_write(dir, step, as);
	CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
	for (unsigned i = 0; function && i < run->findings; i++) {
		name_frames(&run->finding[i]->access.stack, function);
		name_frames(&run->finding[i]->prior.stack, "queue_buffer");
	}
	ds_run_tokens(run);
	for (; t.n < run->findings && t.n < TOKENS; t.n++) {
		strcpy(t.token[t.n], run->finding[t.n]->token);
		t.count[t.n] = run->finding[t.n]->count;
	}
	qsort(t.token, t.n, sizeof(t.token[0]), by_text);
	ds_run_close(run);
	unit_dir_remove(dir);
	return t;
}

static bool same(const struct tokens *a, const struct tokens *b)
{
	return a->n == b->n && !memcmp(a->token, b->token, sizeof(a->token));
}

static const struct story_process here = {.base = 0x400000};
static const struct ds_event base_story[STORY_STEPS] = {
	{CAPTURE(1)},		{CAPTURE(2)},		{V4L2_MAP(1)},	     {V4L2_MAP(2)},
	{QUEUE(1), .stack = 5}, {QUEUE(2), .stack = 5}, {WR(1), .stack = 6}, {RD(2), .stack = 7}};

static void test_form(void)
{
	struct tokens t = tokens_of(base_story, &here, NULL);

	CU_ASSERT_EQUAL_FATAL(t.n, 2);
	for (unsigned i = 0; i < t.n; i++) {
		CU_ASSERT_EQUAL(strlen(t.token[i]), 18);
		CU_ASSERT(!strncmp(t.token[i], i ? "OWN02-" : "OWN01-", 6));
		CU_ASSERT_EQUAL(strspn(t.token[i] + 6, "0123456789abcdef"), 12);
	}
	CU_ASSERT_STRING_NOT_EQUAL(t.token[0] + 6, t.token[1] + 6);
}

/* Another load address, process, directory of the program; other order of independent events. */
static void test_same(void)
{
	static const struct ds_event other_order[STORY_STEPS] = {
		{CAPTURE(2)},	     {V4L2_MAP(2)},	     {CAPTURE(1)},
		{V4L2_MAP(1)},	     {QUEUE(2), .stack = 5}, {QUEUE(1), .stack = 5},
		{RD(2), .stack = 7}, {WR(1), .stack = 6}};
	static const struct story_process moved = {.base = 0x7f1234560000,
						   .pid = 4711,
						   .file = "4711.trace",
						   .module = "/opt/other/bin/story"};
	struct tokens a = tokens_of(base_story, &here, NULL);
	struct tokens b = tokens_of(base_story, &moved, NULL);
	struct tokens c = tokens_of(other_order, &moved, NULL);

	CU_ASSERT_EQUAL(a.n, 2);
	CU_ASSERT_TRUE(same(&a, &b));
	CU_ASSERT_TRUE(same(&a, &c));
}

/* Frames of code that belongs to no module have addresses that differ from run to run. */
static void test_without_module(void)
{
	static const struct story_process a = {.base = 0x500000, .unknown = true};
	static const struct story_process b = {.base = 0x600000, .unknown = true};
	struct tokens x = tokens_of(base_story, &a, NULL), y = tokens_of(base_story, &b, NULL);
	struct tokens z = tokens_of(base_story, &here, NULL);

	CU_ASSERT_EQUAL(x.n, 2);
	CU_ASSERT_TRUE(same(&x, &y));
	CU_ASSERT_FALSE(same(&x, &z));
}

/* A rebuild moves the code; the functions keep their names. */
static void test_rebuilt(void)
{
	struct ds_event moved[STORY_STEPS];
	struct tokens a, b;

	memcpy(moved, base_story, sizeof(moved));
	moved[4].stack = moved[5].stack = 15;
	moved[6].stack = 16;
	moved[7].stack = 17;
	a = tokens_of(base_story, &here, "draw");
	b = tokens_of(moved, &here, "draw");
	CU_ASSERT_TRUE(same(&a, &b));
	a = tokens_of(base_story, &here, NULL);
	b = tokens_of(moved, &here, NULL);
	CU_ASSERT_FALSE(same(&a, &b));
}

/* What below main differs is start-up code. */
static void test_other_function(void)
{
	struct tokens a = tokens_of(base_story, &here, "draw");
	struct tokens b = tokens_of(base_story, &here, "clear");

	CU_ASSERT_EQUAL(a.n, 2);
	CU_ASSERT_EQUAL(b.n, 2);
	CU_ASSERT_STRING_NOT_EQUAL(a.token[0], b.token[0]);
	CU_ASSERT_STRING_NOT_EQUAL(a.token[1], b.token[1]);
}

/* Token of the one finding of a story in which only the buffer, the use or the place differs. */
static void check_differs(const char *what, const struct ds_event *a, const struct ds_event *b)
{
	struct tokens x = tokens_of(a, &here, NULL), y = tokens_of(b, &here, NULL);

	CU_ASSERT_EQUAL(x.n, 1);
	CU_ASSERT_EQUAL(y.n, 1);
	UNIT_CHECK(strcmp(x.token[0] + 6, y.token[0] + 6), "%s: both %s", what, x.token[0]);
}

static void test_different(void)
{
#define ONE(buffer, place, ...)                                      \
	(const struct ds_event[STORY_STEPS])                         \
	{                                                            \
		{buffer}, {V4L2_MAP(1)}, {QUEUE(1), .stack = place}, \
		{                                                    \
			__VA_ARGS__                                  \
		}                                                    \
	}
	const struct ds_event *one = ONE(V4L2_(1, 1, 1), 5, RD(1), .stack = 6);
	struct ds_event index[STORY_STEPS], plane[STORY_STEPS], type[STORY_STEPS];

	memcpy(index, one, sizeof(index));
	index[0].c = DS_V4L2_IDENTITY(1, 2, 0, 1);
	memcpy(plane, one, sizeof(plane));
	plane[0].c = DS_V4L2_IDENTITY(1, 1, 1, 1);
	memcpy(type, one, sizeof(type));
	type[0].c = DS_V4L2_IDENTITY(9, 1, 0, 1);
	check_differs("index", one, index);
	check_differs("plane", one, plane);
	check_differs("queue type", one, type);
	check_differs("rule and operation", one, ONE(V4L2_(1, 1, 1), 5, WR(1), .stack = 6));
	check_differs("place of the access", one, ONE(V4L2_(1, 1, 1), 5, RD(1), .stack = 7));
	check_differs("place of the hand-over", one, ONE(V4L2_(1, 1, 1), 8, RD(1), .stack = 6));
	check_differs("kind of the buffer", one, ONE(HEAP(1), 5, RD(1), .stack = 6));
}

/* The generation of a queue and the inode of a dma-buf are of one run. */
static void test_identity_of_a_run(void)
{
	struct ds_event later[STORY_STEPS];
	struct tokens a, b;

	memcpy(later, base_story, sizeof(later));
	later[0].c = DS_V4L2_IDENTITY(1, 1, 0, 7);
	later[0].a = 12345;
	a = tokens_of(base_story, &here, NULL);
	b = tokens_of(later, &here, NULL);
	CU_ASSERT_TRUE(same(&a, &b));
}

/* Several buffers without a name of their own, touched at one place: one defect. */
static void test_join(void)
{
	static const struct ds_event step[STORY_STEPS] = {{HEAP(1)},
							  {HEAP(2)},
							  {DMABUF_MAP(1)},
							  {DMABUF_MAP(2)},
							  {IMPORT(2)},
							  {WR(1), .stack = 10},
							  {WR(2), .stack = 10},
							  {WR(2), .stack = 10}};
	struct ds_run *run = story_run(step);

	CU_ASSERT_PTR_NOT_NULL_FATAL(run);
	CU_ASSERT_EQUAL(run->findings, 2);
	ds_run_tokens(run);
	CU_ASSERT_EQUAL_FATAL(run->findings, 1);
	CU_ASSERT_EQUAL(run->finding[0]->count, 3);
	CU_ASSERT_EQUAL(run->finding[0]->severity, DS_ERROR);
	CU_ASSERT_FALSE(run->finding[0]->latent);	  /* one of them was seen by a device */
	CU_ASSERT_EQUAL(run->finding[0]->first_ns, 6000); /* of all of them */
	ds_run_tokens(run);				  /* again: nothing more to join */
	CU_ASSERT_EQUAL(run->findings, 1);
	CU_ASSERT_EQUAL(run->finding[0]->count, 3);
	ds_run_close(run);
}

/* libc's own frames move with every update: their module stands for them. */
static void test_libc(void)
{
	static const struct story_process a = {.base = 0x400000, .module = "/lib/libc.so.6"};
	struct ds_event moved[STORY_STEPS];
	struct tokens x, y, z = tokens_of(base_story, &here, NULL);

	memcpy(moved, base_story, sizeof(moved));
	moved[6].stack = 16;
	x = tokens_of(base_story, &a, NULL);
	y = tokens_of(moved, &a, NULL);
	CU_ASSERT_TRUE(same(&x, &y));
	CU_ASSERT_FALSE(same(&x, &z));
}

CU_TestInfo unit_token[] = {
	{"form", test_form},
	{"same defect, other run", test_same},
	{"code without a module", test_without_module},
	{"same defect, other build", test_rebuilt},
	{"another function", test_other_function},
	{"another rule, place or buffer", test_different},
	{"what is of one run only", test_identity_of_a_run},
	{"findings are joined", test_join},
	{"frames of libc", test_libc},
	CU_TEST_INFO_NULL,
};
