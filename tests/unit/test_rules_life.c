/* SPDX-License-Identifier: MIT */
/* Rules LIF02, LIF05 and SYN05, the findings of ends; and the sites that findings name. */
#include <errno.h>
#include <string.h>

#include "tests/unit/story.h"

#define CHECK(stories) story_check(stories, sizeof(stories) / sizeof(stories[0]))

static void test_lif02(void)
{
	static const struct story stories[] = {
		{"open at exit",
		 {{HEAP(1)}, {FD_OPEN(1)}, {FD_LEFT(1, 0)}, {EXIT(0)}},
		 "LIF02/warning<fd-open"},
		{"two descriptors of one buffer",
		 {{HEAP(1)},
		  {FD_OPEN(1)},
		  {FD_OPEN(1)},
		  {FD_LEFT(1, 0), .stack = 9},
		  {FD_LEFT(1, 0), .stack = 9},
		  {EXIT(0)}},
		 "LIF02/warning*2<fd-open"},
		{"inherited", {{HEAP(1)}, {FD_OPEN(1)}, {FD_LEFT(1, 1)}, {EXIT(0)}}, ""},
		{"received", {{FOREIGN(1)}, {FD_LEFT(1, 0)}, {EXIT(0)}}, ""},
		{"closed", {{HEAP(1)}, {FD_OPEN(1)}, {FD_CLOSE(1, 1)}, {EXIT(0)}}, ""},
	};

	CHECK(stories);
}

static void test_lif05(void)
{
	static const struct story stories[] = {
		{"SYNC of a closed descriptor",
		 {{HEAP(1)}, {FD_OPEN(1)}, {FD_CLOSE(1, 1)}, {STALE_FD(1)}},
		 "LIF05/warning<fd-close"},
		{"the buffer has another descriptor",
		 {{HEAP(1)}, {FD_OPEN(1)}, {FD_OPEN(1)}, {FD_CLOSE(1, 0)}, {STALE_FD(1)}},
		 "LIF05/warning"},
		{"an index that was released", {{CAPTURE(1)}, {STALE_INDEX(1)}}, "LIF05/warning"},
		{"a number that never was a buffer", {{HEAP(1)}, {STALE_FD(0)}, {STALE_FD(9)}}, ""},
	};

	CHECK(stories);
}

static void test_syn05(void)
{
	static const struct story stories[] = {
		{"the last close in a WRITE bracket",
		 {{HEAP(1)}, {QUEUE(1)}, {DEQUEUE(1)}, {START(1, W)}, {FD_CLOSE(1, 1)}},
		 "SYN05/error<sync"},
		{"the close comes before the device: what was written is lost all the same",
		 {{HEAP(1)}, {START(1, RW)}, {FD_CLOSE(1, 1)}, {IMPORT(1)}},
		 "SYN05/error<sync"},
		{"no device ever",
		 {{HEAP(1)}, {START(1, W)}, {FD_CLOSE(1, 1)}},
		 "SYN05/warning~<sync"},
		{"one of two descriptors",
		 {{HEAP(1)},
		  {IMPORT(1)},
		  {START(1, W)},
		  {FD_CLOSE(1, 0)},
		  {END(1, W)},
		  {FD_CLOSE(1, 1)}},
		 ""},
		{"a READ bracket",
		 {{HEAP(1)}, {IMPORT(1)}, {START(1, R)}, {FD_CLOSE(1, 1)}, {EXIT(0)}},
		 ""},
		{"ended",
		 {{HEAP(1)}, {IMPORT(1)}, {START(1, W)}, {END(1, W)}, {FD_CLOSE(1, 1)}, {EXIT(0)}},
		 ""},
		{"ended once of twice",
		 {{HEAP(1)},
		  {IMPORT(1)},
		  {START(1, W)},
		  {START(1, W)},
		  {END(1, W)},
		  {FD_CLOSE(1, 1)}},
		 "SYN05/error<sync"},
		{"open at exit",
		 {{HEAP(1)}, {IMPORT(1)}, {START(1, W)}, {EXIT(0)}},
		 "SYN05/error<sync"},
		{"open at the last close and at exit: said once",
		 {{HEAP(1)}, {IMPORT(1)}, {START(1, W)}, {FD_CLOSE(1, 1)}, {EXIT(0)}},
		 "SYN05/error<sync"},
		{"two buffers, each once",
		 {{HEAP(1)},
		  {HEAP(2)},
		  {IMPORT(1)},
		  {IMPORT(2)},
		  {START(1, W)},
		  {START(2, W)},
		  {EXIT(0)}},
		 "SYN05/error<sync SYN05/error<sync"},
		{"two names of one buffer: once",
		 {{CAPTURE(1)}, {HEAP(2)}, {JOIN(2, 1)}, {IMPORT(1)}, {START(1, W)}, {EXIT(0)}},
		 "SYN05/error<sync"},
		{"the bracket may be somebody else's",
		 {{FOREIGN(1)}, {IMPORT(1)}, {START(1, W)}, {FD_CLOSE(1, 1)}, {EXIT(0)}},
		 ""},
		{"killed: nobody knows", {{HEAP(1)}, {IMPORT(1)}, {START(1, W)}}, ""},
	};

	CHECK(stories);
}

static const struct ds_finding *only(const struct ds_run *run)
{
	CU_ASSERT_EQUAL_FATAL(run->findings, 1);
	return run->finding[0];
}

/* Thread and time say which row a site is (story.h). */
static void check_site(const struct ds_site *site, const char *what, int row)
{
	UNIT_CHECK(site->tid == row + 1, "%s: thread %d, row %d", what, site->tid, row);
	CU_ASSERT_EQUAL(site->time_ns, (uint64_t)(row + 1) * 1000);
	CU_ASSERT_EQUAL(site->pid, 1);
	CU_ASSERT_STRING_EQUAL(site->what, what);
	CU_ASSERT_EQUAL_FATAL(site->stack.frames, 2);
	CU_ASSERT_EQUAL(site->stack.frame[0].offset, 0x100u * (unsigned)(row + 1));
	CU_ASSERT_EQUAL(site->stack.frame[1].offset, 0x40);
	CU_ASSERT_STRING_EQUAL(site->stack.frame[0].module, "/usr/bin/story");
}

static void test_sites(void)
{
	static const struct ds_event step[STORY_STEPS] = {
		{CAPTURE(1)},
		{EV_(MAP, .buffer = 1, .flags = DS_ORIGIN_V4L2 << DS_EVF_ORIGIN_SHIFT, .a = 0x10000,
		     .b = 4096, .c = 0x1000, .d = 1)},
		{CLAIM(1, 1, 0, 2, 0)},
		{CLAIM(1, 2, 0, 1, 0)},
		{RD(1)}};
	struct ds_run *run = story_run(step);
	const struct ds_finding *f;

	CU_ASSERT_PTR_NOT_NULL_FATAL(run);
	f = only(run);
	check_site(&f->access, "instruction", 4);
	check_site(&f->prior, "call", 2); /* the claim that writes, not the latest one */
	CU_ASSERT_EQUAL(f->use, DS_DEVICE_WRITES);
	CU_ASSERT_STRING_EQUAL(f->op, "read");
	CU_ASSERT_EQUAL(f->offset, 0x1010); /* in the buffer, not in the mapping */
	CU_ASSERT_EQUAL(f->length, 4);
	CU_ASSERT_EQUAL(f->first_ns, 5000);
	CU_ASSERT_FALSE(f->latent);
	ds_run_close(run);
}

static void test_exit_site(void)
{
	static const struct ds_event step[STORY_STEPS] = {
		{HEAP(1)}, {IMPORT(1)}, {START(1, W)}, {START(1, W)}, {EXIT(3)}};
	struct ds_run *run = story_run(step);
	const struct ds_finding *f;

	CU_ASSERT_PTR_NOT_NULL_FATAL(run);
	f = only(run);
	check_site(&f->access, "exit", 4);
	check_site(&f->prior, "call", 2); /* the first START of the group */
	CU_ASSERT_STRING_EQUAL(f->op, "call");
	CU_ASSERT_EQUAL(run->exit_status, 3);
	ds_run_close(run);
}

/* An access by a call names the call; the string of a lost slot is empty, not a crash. */
static void test_via(void)
{
	static const struct ds_event step[STORY_STEPS] = {{CAPTURE(1)},
							  {V4L2_MAP(1)},
							  {QUEUE(1)},
							  {RD(1), .d = STORY_CALL},
							  {RD(1), .d = 4000}};
	struct ds_run *run = story_run(step);

	CU_ASSERT_PTR_NOT_NULL_FATAL(run);
	CU_ASSERT_EQUAL_FATAL(run->findings, 2);
	CU_ASSERT_STRING_EQUAL(run->finding[0]->access.what, "call");
	CU_ASSERT_STRING_EQUAL(run->finding[1]->access.what, "");
	ds_run_close(run);
}

static void test_lif01(void)
{
	static const struct story stories[] = {
		{"read after munmap",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {UNMAP(1)}, {RD_GONE(1)}},
		 "LIF01/error<unmap"},
		{"queued too: life comes first",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {QUEUE(1)}, {UNMAP(1)}, {RD_GONE(1)}},
		 "LIF01/error+OWN02<unmap"},
		{"read before munmap", {{CAPTURE(1)}, {V4L2_MAP(1)}, {RD(1)}, {UNMAP(1)}}, ""},
	};

	CHECK(stories);
}

static void test_lif03(void)
{
	static const struct story stories[] = {
		{"mapped at exit, all else is gone",
		 {{HEAP(1)}, {FD_OPEN(1)}, {DMABUF_MAP(1)}, {FD_CLOSE(1, 1)}, {MAP_LEFT(1)}},
		 "LIF03/warning<map"},
		{"received from elsewhere", {{FOREIGN(1)}, {DMABUF_MAP(1)}, {MAP_LEFT(1)}}, ""},
		{"unmapped (T29)",
		 {{HEAP(1)},
		  {FD_OPEN(1)},
		  {DMABUF_MAP(1)},
		  {FD_CLOSE(1, 1)},
		  {UNMAP(1)},
		  {EXIT(0)}},
		 ""},
	};

	CHECK(stories);
}

static void test_lif04(void)
{
	static const struct story stories[] = {
		{"closed by another, then by its owner",
		 {{HEAP(1)}, {FD_OPEN(1)}, {FD_CLOSE(1, 1)}, {STALE_CLOSE(1)}},
		 "LIF04/error<fd-close"},
		{"another descriptor is still open",
		 {{HEAP(1)}, {FD_OPEN(1)}, {FD_OPEN(1)}, {FD_CLOSE(1, 0)}, {STALE_CLOSE(1)}},
		 "LIF04/error<fd-close"},
		{"nobody was seen to close it", {{HEAP(1)}, {STALE_CLOSE(1)}}, ""},
		{"another number of it was closed",
		 {{HEAP(1)}, {FD_OPEN(1)}, {CLOSE_OF(1, 8)}, {STALE_CLOSE(1)}},
		 ""},
		{"many others were closed after it",
		 {{HEAP(1)},
		  {FD_CLOSE(1, 0)},
		  {CLOSE_OF(1, 8)},
		  {CLOSE_OF(1, 9)},
		  {CLOSE_OF(1, 8)},
		  {CLOSE_OF(1, 9)},
		  {STALE_CLOSE(1)}},
		 "LIF04/error<fd-close"},
		{"the number is another file's",
		 {{HEAP(1)}, {FD_OPEN(1)}, {START(1, R)}, {FD_CLOSE(1, 0)}, {STALE_OTHER(1)}},
		 "LIF04/error<fd-close"},
	};

	CHECK(stories);
}

#define FENCE(n, handle) OBJECT(n, handle, DS_EVF_FENCE_IN)
#define FIVE(n, from)                                                                       \
	{FENCE(n, from)}, {FENCE(n, from + 1)}, {FENCE(n, from + 2)}, {FENCE(n, from + 3)}, \
	{                                                                                   \
		FENCE(n, from + 4)                                                          \
	}

static void test_lif06(void)
{
	static const struct story stories[] = {
		{"sixteen handles of one buffer (D20)",
		 {{HEAP(1)}, FIVE(1, 1), FIVE(1, 6), FIVE(1, 11), {FENCE(1, 16)}},
		 "LIF06/warning<syncobj"},
		{"fifteen", {{HEAP(1)}, FIVE(1, 1), FIVE(1, 6), FIVE(1, 11)}, ""},
		{"one is used again and again",
		 {{HEAP(1)}, FIVE(1, 1), FIVE(1, 1), FIVE(1, 6), {FENCE(1, 1)}, {FENCE(1, 2)}},
		 ""},
		{"one was destroyed",
		 {{HEAP(1)},
		  FIVE(1, 1),
		  FIVE(1, 6),
		  {OBJECT(0, 10, DS_EVF_DESTROYED)},
		  FIVE(1, 11),
		  {FENCE(1, 16)}},
		 ""},
		{"of two buffers",
		 {{HEAP(1)}, {HEAP(2)}, FIVE(1, 1), FIVE(1, 6), FIVE(2, 11), {FENCE(2, 16)}},
		 ""},
		{"whose fence it is is not known",
		 {{HEAP(1)},
		  FIVE(1, 1),
		  FIVE(1, 6),
		  FIVE(1, 11),
		  {OBJECT(1, 16, 0)},
		  {OBJECT(0, 17, DS_EVF_FENCE_IN)}},
		 ""},
	};

	CHECK(stories);
}

CU_TestInfo unit_rules_life[] = {
	{"LIF01", test_lif01},
	{"LIF03", test_lif03},
	{"LIF04", test_lif04},
	{"LIF06", test_lif06},
	{"LIF02", test_lif02},
	{"LIF05", test_lif05},
	{"SYN05", test_syn05},
	{"sites of an access", test_sites},
	{"sites of an exit", test_exit_site},
	{"accesses by calls", test_via},
	CU_TEST_INFO_NULL,
};
