/* SPDX-License-Identifier: MIT */
/* Rules OWN01, OWN02, OWN03, OWN07: what raises them, and what is only like it. */
#include <errno.h>

#include "tests/unit/story.h"

#define CHECK(stories) story_check(stories, sizeof(stories) / sizeof(stories[0]))

static void test_own01(void)
{
	static const struct story stories[] = {
		{"write to a queued capture buffer",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {QUEUE(1)}, {WR(1)}},
		 "OWN01/error<claim"},
		{"write to a queued output buffer",
		 {{OUTPUT(1)}, {V4L2_MAP(1)}, {QUEUE_OUT(1)}, {WR(1)}},
		 "OWN01/error<claim"},
		{"write before QBUF, and after DQBUF",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {WR(1)}, {QUEUE(1)}, {DEQUEUE(1)}, {WR(1)}},
		 ""},
		{"another buffer is queued (T4)",
		 {{CAPTURE(1)}, {CAPTURE(2)}, {V4L2_MAP(1)}, {V4L2_MAP(2)}, {QUEUE(2)}, {WR(1)}},
		 ""},
		{"STREAMOFF gives all back (T6)",
		 {{CAPTURE(1)},
		  {CAPTURE(2)},
		  {V4L2_MAP(1)},
		  {V4L2_MAP(2)},
		  {QUEUE(1)},
		  {QUEUE(2)},
		  {DEQUEUE(1)},
		  {DEQUEUE(2)},
		  {WR(1)},
		  {WR(2)}},
		 ""},
		{"PREPARE_BUF, then QBUF: claimed throughout (T18)",
		 {{OUTPUT(1)},
		  {V4L2_MAP(1)},
		  {QUEUE_OUT(1)},
		  {WR(1)},
		  {DEQUEUE_OUT(1)},
		  {QUEUE_OUT(1)},
		  {WR(1), .stack = 4}},
		 "OWN01/error<claim OWN01/error<claim"},
		{"the index is queued again with another dma-buf (T26)",
		 {{HEAP(1)},
		  {HEAP(2)},
		  {V4L2_MAP(1)},
		  {V4L2_MAP(2)},
		  {CLAIM(1, 1, 0, 2, 0)},
		  {RELEASE(1, 1, 0, 0)},
		  {CLAIM(2, 1, 0, 2, 0)},
		  {WR(1)},
		  {WR(2)}},
		 "OWN01/error<claim"},
		{"two devices hold it and one lets go",
		 {{HEAP(1)},
		  {V4L2_MAP(1)},
		  {QUEUE_OUT(1)},
		  {CLAIM(1, 3, 0, 1, 0)},
		  {DEQUEUE_OUT(1)},
		  {WR(1)}},
		 "OWN01/error<claim"},
		{"an import is no claim", {{HEAP(1)}, {V4L2_MAP(1)}, {IMPORT(1)}, {RW(1)}}, ""},
		{"a claim that failed",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {QUEUE(1), .result = EINVAL}, {WR(1)}},
		 ""},
		{"DRM and user memory",
		 {{HEAP(1)},
		  {USERPTR(2)},
		  {DRM_MAP(1)},
		  {USERPTR_MAP(2)},
		  {QUEUE(1)},
		  {QUEUE(2)},
		  {WR(1)},
		  {WR(2)}},
		 "OWN01/error<claim OWN01/error<claim"},
		{"every page of one loop counts once more",
		 {{CAPTURE(1)},
		  {V4L2_MAP(1)},
		  {QUEUE(1)},
		  {WR(1), .stack = 9},
		  {WR(1), .stack = 9},
		  {WR(1), .stack = 9}},
		 "OWN01/error*3<claim"},
	};

	CHECK(stories);
}

static void test_own02(void)
{
	static const struct story stories[] = {
		{"read of a queued capture buffer",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {QUEUE(1)}, {RD(1)}},
		 "OWN02/error<claim"},
		{"read of a queued output buffer (T5)",
		 {{OUTPUT(1)}, {V4L2_MAP(1)}, {QUEUE_OUT(1)}, {RD(1)}},
		 ""},
		{"read after DQBUF, without any SYNC (T2)",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {QUEUE(1)}, {DEQUEUE(1)}, {RD(1)}},
		 ""},
		{"queued to an output, then to a capture queue",
		 {{HEAP(1)}, {V4L2_MAP(1)}, {QUEUE_OUT(1)}, {QUEUE(1)}, {DEQUEUE_OUT(1)}, {RD(1)}},
		 "OWN02/error<claim"},
		{"queued to both, the capture side is done",
		 {{HEAP(1)}, {V4L2_MAP(1)}, {QUEUE(1)}, {QUEUE_OUT(1)}, {DEQUEUE(1)}, {RD(1)}},
		 ""},
		{"one instruction that reads and writes",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {QUEUE(1)}, {RW(1)}},
		 "OWN01/error<claim OWN02/error<claim"},
		{"the same on an output queue",
		 {{OUTPUT(1)}, {V4L2_MAP(1)}, {QUEUE_OUT(1)}, {RW(1)}},
		 "OWN01/error<claim"},
		{"a mapping that was never announced", {{CAPTURE(1)}, {QUEUE(1)}, {RD(1)}}, ""},
		{"a buffer that was never announced", {{MAP(1, 1, V4L2)}, {QUEUE(1)}, {RD(1)}}, ""},
	};

	CHECK(stories);
}

/* One access is one finding; what it breaks besides stands in `also`. */
static void test_precedence(void)
{
	static const struct story stories[] = {
		{"queued, and no bracket",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {QUEUE(1)}, {RD(1)}, {WR(1)}},
		 "OWN01/error+SYN01<claim OWN02/error+SYN02<claim"},
		{"queued inside a READ bracket",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, R)}, {QUEUE(1)}, {RD(1)}, {WR(1)}},
		 "OWN01/error+SYN03<claim OWN02/error<claim"},
		{"queued, and the START failed",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {QUEUE(1)}, {FAIL(1, RW, EINTR)}, {RD(1)}, {WR(1)}},
		 "OWN01/error+SYN08+SYN01<claim OWN02/error+SYN08+SYN02<claim"},
		{"queued, through the memfd",
		 {{UDMABUF(1)}, {MEMFD_MAP(1)}, {QUEUE_OUT(1)}, {WR(1)}},
		 "OWN01/error+SYN09<claim"},
		{"queued for an output: the read needs its bracket",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {QUEUE_OUT(1)}, {RD(1)}},
		 "SYN02/error"},
		{"queued and promised",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {CLAIM(1, 1, 1, 2, DS_READ)}, {RD(1)}},
		 "OWN02/error+OWN07<claim"},
		{"two names of one buffer",
		 {{CAPTURE(1)},
		  {HEAP(2)},
		  {V4L2_MAP(1)},
		  {DMABUF_MAP(2)},
		  {QUEUE(1)},
		  {JOIN(2, 1)},
		  {RD(1)},
		  {WR(2)}},
		 "OWN01/error+SYN01<claim OWN02/error<claim"},
	};

	CHECK(stories);
}

static void test_own03(void)
{
	static const struct story stories[] = {
		{"QBUF in a WRITE bracket",
		 {{HEAP(1)}, {START(1, W)}, {QUEUE_OUT(1)}},
		 "OWN03/error<sync"},
		{"QBUF in a READ+WRITE bracket",
		 {{HEAP(1)}, {START(1, RW)}, {QUEUE(1)}},
		 "OWN03/error<sync"},
		{"QBUF in a READ bracket",
		 {{HEAP(1)}, {START(1, R)}, {QUEUE_OUT(1)}, {END(1, R)}},
		 ""},
		{"QBUF after END", {{HEAP(1)}, {START(1, W)}, {END(1, W)}, {QUEUE_OUT(1)}}, ""},
		{"one of two STARTs was ended",
		 {{HEAP(1)}, {START(1, W)}, {START(1, W)}, {END(1, W)}, {QUEUE_OUT(1)}},
		 "OWN03/error<sync"},
		{"QBUF failed",
		 {{HEAP(1)}, {START(1, W)}, {QUEUE(1), .result = EINVAL}, {END(1, W)}},
		 ""},
		{"START failed", {{HEAP(1)}, {FAIL(1, W, EINTR)}, {QUEUE(1)}}, ""},
		{"import in a bracket: the device does not use it yet",
		 {{HEAP(1)}, {START(1, W)}, {IMPORT(1)}, {END(1, W)}},
		 ""},
	};

	CHECK(stories);
}

static void test_own07(void)
{
	static const struct story stories[] = {
		{"read after NO_CACHE_INVALIDATE",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {CLAIM(1, 1, 1, 2, DS_READ)}, {DEQUEUE(1)}, {RD(1)}},
		 "OWN07/error<claim"},
		{"write after NO_CACHE_INVALIDATE",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {CLAIM(1, 1, 1, 2, DS_READ)}, {DEQUEUE(1)}, {WR(1)}},
		 ""},
		{"write after NO_CACHE_CLEAN",
		 {{OUTPUT(1)},
		  {V4L2_MAP(1)},
		  {CLAIM(1, 2, 1, 1, DS_WRITE)},
		  {DEQUEUE_OUT(1)},
		  {RD(1)},
		  {WR(1)}},
		 "OWN07/error<claim"},
		{"the next QBUF promises nothing",
		 {{CAPTURE(1)},
		  {V4L2_MAP(1)},
		  {CLAIM(1, 1, 1, 2, DS_READ)},
		  {DEQUEUE(1)},
		  {QUEUE(1)},
		  {DEQUEUE(1)},
		  {RD(1)}},
		 ""},
		{"before the promise",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, {RD(1)}, {CLAIM(1, 1, 1, 2, DS_READ)}, {DEQUEUE(1)}},
		 ""},
		{"an import does not take the promise back",
		 {{CAPTURE(1)},
		  {V4L2_MAP(1)},
		  {CLAIM(1, 1, 1, 2, DS_READ)},
		  {DEQUEUE(1)},
		  {IMPORT(1)},
		  {RD(1)}},
		 "OWN07/error<claim"},
		{"a failed QBUF does not either",
		 {{CAPTURE(1)},
		  {V4L2_MAP(1)},
		  {CLAIM(1, 1, 1, 2, DS_READ)},
		  {DEQUEUE(1)},
		  {QUEUE(1), .result = EINVAL},
		  {RD(1)}},
		 "OWN07/error<claim"},
		{"promised, and no bracket",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {CLAIM(1, 1, 1, 2, DS_READ)},
		  {DEQUEUE_NOSYNC(1)},
		  {RD(1)}},
		 "OWN07/error+SYN02<claim"},
	};

	CHECK(stories);
}

/* More claims or brackets than are kept: nothing is judged. */
static void test_overflow(void)
{
	static const struct story stories[] = {
		{"seventeen claims",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {CLAIM(1, 1, 0, 2, 0)},
		  {CLAIM(1, 1, 1, 2, 0)},
		  {CLAIM(1, 1, 2, 2, 0)},
		  {CLAIM(1, 1, 3, 2, 0)},
		  {CLAIM(1, 1, 4, 2, 0)},
		  {CLAIM(1, 1, 5, 2, 0)},
		  {CLAIM(1, 1, 6, 2, 0)},
		  {CLAIM(1, 1, 7, 2, 0)},
		  {CLAIM(1, 1, 8, 2, 0)},
		  {CLAIM(1, 1, 9, 2, 0)},
		  {CLAIM(1, 1, 10, 2, 0)},
		  {CLAIM(1, 1, 11, 2, 0)},
		  {CLAIM(1, 1, 12, 2, 0)},
		  {CLAIM(1, 1, 13, 2, 0)},
		  {CLAIM(1, 1, 14, 2, 0)},
		  {CLAIM(1, 1, 15, 2, 0)},
		  {CLAIM(1, 1, 16, 2, 0)},
		  {RW(1)}},
		 ""},
		{"seventeen kinds of brackets, nested",
		 {{HEAP(1)},	 {START(1, R)}, {START(1, W)}, {START(1, R)}, {START(1, W)},
		  {START(1, R)}, {START(1, W)}, {START(1, R)}, {START(1, W)}, {START(1, R)},
		  {START(1, W)}, {START(1, R)}, {START(1, W)}, {START(1, R)}, {START(1, W)},
		  {START(1, R)}, {START(1, W)}, {START(1, R)}, {QUEUE(1)},    {FD_CLOSE(1, 1)}},
		 ""},
	};

	CHECK(stories);
}

CU_TestInfo unit_rules_own[] = {
	{"OWN01", test_own01},
	{"OWN02", test_own02},
	{"OWN03", test_own03},
	{"OWN07", test_own07},
	{"precedence and also", test_precedence},
	{"overflow is silent", test_overflow},
	CU_TEST_INFO_NULL,
};
