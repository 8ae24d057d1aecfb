/* SPDX-License-Identifier: MIT */
/* Rules that know what the CPU did in legal windows, and those of two devices and of screens. */
#include <errno.h>

#include "tests/unit/story.h"

#define CHECK(stories) story_check(stories, sizeof(stories) / sizeof(stories[0]))

static void test_own04(void)
{
	static const struct story stories[] = {
		{"a display reads what a camera writes",
		 {{DEVICE(1, 10)}, {DEVICE(2, 20)}, {HEAP(1)}, {QUEUE(1)}, {QUEUE_OUT(1)}},
		 "OWN04/error<claim"},
		{"a camera writes what a display reads",
		 {{DEVICE(1, 10)}, {DEVICE(2, 20)}, {HEAP(1)}, {QUEUE_OUT(1)}, {QUEUE(1)}},
		 "OWN04/error<claim"},
		{"dequeued first",
		 {{DEVICE(1, 10)},
		  {DEVICE(2, 20)},
		  {HEAP(1)},
		  {QUEUE(1)},
		  {DEQUEUE_NOSYNC(1)},
		  {QUEUE_OUT(1)}},
		 ""},
		{"two readers",
		 {{DEVICE(2, 20)},
		  {DEVICE(3, 30)},
		  {HEAP(1)},
		  {QUEUE_OUT(1)},
		  {CLAIM(1, 3, 1, DS_DEVICE_READS, 0)}},
		 ""},
		{"two queues of one device (T25)",
		 {{DEVICE(1, 10)}, {DEVICE(2, 10)}, {HEAP(1)}, {QUEUE(1)}, {QUEUE_OUT(1)}},
		 ""},
		{"an import is no claim",
		 {{DEVICE(1, 10)}, {HEAP(1)}, {QUEUE(1)}, {IMPORT(1)}},
		 ""},
		{"a QBUF that failed",
		 {{DEVICE(1, 10)},
		  {DEVICE(2, 20)},
		  {HEAP(1)},
		  {QUEUE(1)},
		  {QUEUE_OUT(1), .result = EINVAL}},
		 ""},
	};

	CHECK(stories);
}

static void test_own06(void)
{
	static const struct story stories[] = {
		{STORY_OBSERVED "draws into what is shown",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {SHOWN(1)}, {SEE_WR(1)}},
		 "OWN06/advice<scanout"},
		{STORY_OBSERVED "draws into the target of a flip (C2)",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {PENDING(1)}, {SEE_WR(1)}},
		 "OWN06/advice<scanout"},
		{STORY_OBSERVED "the flip is complete (C1)",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {SHOWN(1)}, {HIDDEN(1)}, {SEE_WR(1)}},
		 ""},
		{STORY_OBSERVED "the only framebuffer (T14)",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {ALONE(1)}, {SEE_WR(1)}},
		 ""},
		{STORY_OBSERVED "a screenshot (T15)",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {SHOWN(1)}, {SEE_RD(1)}},
		 ""},
		{STORY_OBSERVED "the other one is shown",
		 {{FRAMEBUFFER(1)}, {FRAMEBUFFER(2)}, {DRM_MAP(2)}, {SHOWN(1)}, {SEE_WR(2)}},
		 ""},
		{STORY_OBSERVED "shown on two heads, off on one of them",
		 {{FRAMEBUFFER(1)},
		  {DRM_MAP(1)},
		  {SHOWN(1)},
		  {EV_(SCANOUT, .buffer = 1, .actor = 9, .a = 8,
		       .c = DS_SCANOUT_SHOWN | DS_SCANOUT_SEVERAL)},
		  {HIDDEN(1)},
		  {SEE_WR(1)}},
		 "OWN06/advice<scanout"},
	};

	CHECK(stories);
}

static void test_syn04(void)
{
	static const struct story stories[] = {
		{"a read in a WRITE bracket",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {QUEUE(1)},
		  {DEQUEUE_NOSYNC(1)},
		  {START(1, W)},
		  {RD(1)}},
		 "SYN04/error<sync"},
		{STORY_OBSERVED "a read in a READ+WRITE bracket",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {START(1, RW)},
		  {SEE_RD(1)},
		  {SEE_WR(1)},
		  {END(1, RW)}},
		 ""},
		{"a READ bracket inside the WRITE bracket (T8)",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, W)}, {START(1, R)}, {RD(1)}},
		 ""},
	};

	CHECK(stories);
}

static void test_syn07(void)
{
	static const struct story stories[] = {
		{STORY_OBSERVED "END for reading after a write",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {IMPORT(1)},
		  {START(1, RW)},
		  {SEE_RD(1)},
		  {SEE_WR(1)},
		  {END(1, R)}},
		 "SYN07/error<sync"},
		{STORY_OBSERVED "END for writing after reads alone (T36)",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, RW)}, {SEE_RD(1)}, {END(1, W)}},
		 "ADV02/advice<sync"},
		{STORY_OBSERVED "END for reading after reads alone",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, RW)}, {SEE_RD(1)}, {END(1, R)}},
		 "ADV02/advice<sync"},
		{STORY_OBSERVED "an outer bracket still covers the write (T8)",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {START(1, W)},
		  {START(1, RW)},
		  {SEE_RD(1)},
		  {SEE_WR(1)},
		  {END(1, R)},
		  {END(1, W)}},
		 ""},
		{"nothing was observed",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, RW)}, {END(1, R)}},
		 ""},
	};

	CHECK(stories);
}

static void test_adv01(void)
{
	static const struct story stories[] = {
		{STORY_OBSERVED "an empty bracket",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, R)}, {END(1, R)}},
		 "ADV01/advice<sync"},
		{STORY_OBSERVED "read in it",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, R)}, {SEE_RD(1)}, {END(1, R)}},
		 ""},
		{STORY_OBSERVED "one bracket for each plane, used once (T8)",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {START(1, R)},
		  {START(1, R)},
		  {SEE_RD(1)},
		  {END(1, R)},
		  {END(1, R)}},
		 ""},
		{STORY_OBSERVED "not mapped here: another process may read it",
		 {{HEAP(1)}, {START(1, R)}, {END(1, R)}},
		 ""},
		{STORY_OBSERVED "a mapping that is not guarded",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {UNGUARDED(1)}, {START(1, R)}, {END(1, R)}},
		 ""},
		{STORY_OBSERVED "received: somebody else's bracket",
		 {{FOREIGN(1)}, {DMABUF_MAP(1)}, {START(1, R)}, {END(1, R)}},
		 ""},
		{"nothing was observed",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, R)}, {END(1, R)}},
		 ""},
	};

	CHECK(stories);
}

static void test_adv02(void)
{
	static const struct story stories[] = {
		{STORY_OBSERVED "only read",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, RW)}, {SEE_RD(1)}, {END(1, RW)}},
		 "ADV02/advice<sync"},
		{STORY_OBSERVED "only written, and every write was stepped",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, RW)}, {SEE_EXACT(1)}, {END(1, RW)}},
		 "ADV02/advice<sync"},
		{STORY_OBSERVED "written, and reads may have been missed",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, RW)}, {SEE_WR(1)}, {END(1, RW)}},
		 ""},
		{STORY_OBSERVED "both",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {START(1, RW)},
		  {SEE_RD(1)},
		  {SEE_WR(1)},
		  {END(1, RW)}},
		 ""},
		{STORY_OBSERVED "a READ bracket",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, R)}, {SEE_RD(1)}, {END(1, R)}},
		 ""},
	};

	CHECK(stories);
}

#define ROUND(n)                                            \
	{CLAIM(n, 1, n, DS_DEVICE_WRITES, DS_CLAIM_HINTS)}, \
	{                                                   \
		DEQUEUE(n)                                  \
	}
#define NO_HINTS           \
	{QUEUE(1)},        \
	{                  \
		DEQUEUE(1) \
	}

static void test_adv03(void)
{
	static const struct story stories[] = {
		{STORY_OBSERVED "never touched",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, ROUND(1), ROUND(1), ROUND(1), ROUND(1), {EXIT(0)}},
		 "ADV03/advice<claim"},
		{STORY_OBSERVED "touched once",
		 {{CAPTURE(1)},
		  {V4L2_MAP(1)},
		  ROUND(1),
		  ROUND(1),
		  ROUND(1),
		  {SEE_RD(1)},
		  ROUND(1),
		  {EXIT(0)}},
		 ""},
		{STORY_OBSERVED "a queue without cache hints",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, NO_HINTS, NO_HINTS, NO_HINTS, NO_HINTS, {EXIT(0)}},
		 ""},
		{STORY_OBSERVED "too few frames to tell",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, ROUND(1), ROUND(1), {EXIT(0)}},
		 ""},
		{"nothing was observed",
		 {{CAPTURE(1)}, {V4L2_MAP(1)}, ROUND(1), ROUND(1), ROUND(1), ROUND(1), {EXIT(0)}},
		 ""},
	};

	CHECK(stories);
}

#define UNCLEANED(n) CLAIM(n, 2, n, DS_DEVICE_READS, DS_CLAIM_HINTS | DS_CLAIM_NOCLEAN)

static void test_own07(void)
{
	static const struct story stories[] = {
		{STORY_OBSERVED "written, then queued with NO_CACHE_CLEAN",
		 {{OUTPUT(1)}, {V4L2_MAP(1)}, {SEE_WR(1)}, {UNCLEANED(1)}},
		 "OWN07/error<access"},
		{STORY_OBSERVED "only read",
		 {{OUTPUT(1)}, {V4L2_MAP(1)}, {SEE_RD(1)}, {UNCLEANED(1)}},
		 ""},
		{STORY_OBSERVED "cleaned by the QBUF before",
		 {{OUTPUT(1)},
		  {V4L2_MAP(1)},
		  {SEE_WR(1)},
		  {QUEUE_OUT(1)},
		  {DEQUEUE_OUT(1)},
		  {UNCLEANED(1)}},
		 ""},
		{STORY_OBSERVED "written after it came back, and queued without the flag",
		 {{OUTPUT(1)},
		  {V4L2_MAP(1)},
		  {UNCLEANED(1)},
		  {DEQUEUE_OUT(1)},
		  {SEE_WR(1)},
		  {QUEUE_OUT(1)}},
		 ""},
		{STORY_OBSERVED "cleaned by the END of a bracket on its dma-buf",
		 {{OUTPUT(1)},
		  {V4L2_MAP(1)},
		  {START(1, W)},
		  {SEE_WR(1)},
		  {END(1, W)},
		  {UNCLEANED(1)}},
		 ""},
		{STORY_OBSERVED "a READ bracket cleans nothing",
		 {{OUTPUT(1)},
		  {V4L2_MAP(1)},
		  {START(1, R)},
		  {SEE_WR(1)},
		  {END(1, R)},
		  {UNCLEANED(1)}},
		 "OWN07/error<access"},
		{STORY_OBSERVED "written through the dma-buf, in its bracket",
		 {{OUTPUT(1)},
		  {DMABUF_MAP(1)},
		  {START(1, W)},
		  {SEE_WR(1)},
		  {END(1, W)},
		  {UNCLEANED(1)}},
		 ""},
		{STORY_OBSERVED "the QBUF failed",
		 {{OUTPUT(1)}, {V4L2_MAP(1)}, {SEE_WR(1)}, {UNCLEANED(1), .result = EINVAL}},
		 ""},
		{"nothing was observed",
		 {{OUTPUT(1)}, {V4L2_MAP(1)}, {SEE_WR(1)}, {UNCLEANED(1)}},
		 ""},
	};

	CHECK(stories);
}

static void test_adv06(void)
{
	static const struct story stories[] = {
		{STORY_OBSERVED "drawn, never flushed (C16)",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {COPIED(1)}, {SEE_WR(1)}, {EXIT(0)}},
		 "ADV06/advice<access"},
		{STORY_OBSERVED "flushed",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {COPIED(1)}, {SEE_WR(1)}, {FLUSH(1)}, {EXIT(0)}},
		 ""},
		{STORY_OBSERVED "the last picture is not, those before were",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {COPIED(1)}, {FLUSH(1)}, {SEE_WR(1)}, {EXIT(0)}},
		 ""},
		{STORY_OBSERVED "shown anew",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {COPIED(1)}, {SEE_WR(1)}, {COPIED(1)}, {EXIT(0)}},
		 ""},
		{STORY_OBSERVED "drawn before it is shown",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {SEE_WR(1)}, {COPIED(1)}, {EXIT(0)}},
		 ""},
		{STORY_OBSERVED "not shown any more",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {COPIED(1)}, {HIDDEN(1)}, {SEE_WR(1)}, {EXIT(0)}},
		 ""},
		{STORY_OBSERVED "one of several",
		 {{FRAMEBUFFER(1)},
		  {DRM_MAP(1)},
		  {SCANOUT(1, DS_SCANOUT_SHOWN | DS_SCANOUT_SEVERAL | DS_SCANOUT_COPY)},
		  {SEE_WR(1)},
		  {EXIT(0)}},
		 "OWN06/advice<scanout"},
		{STORY_OBSERVED "a display that reads the framebuffer itself",
		 {{FRAMEBUFFER(1)}, {DRM_MAP(1)}, {ALONE(1)}, {SEE_WR(1)}, {EXIT(0)}},
		 ""},
	};

	CHECK(stories);
}

CU_TestInfo unit_rules_observe[] = {
	{"OWN04", test_own04}, {"OWN06", test_own06}, {"SYN04", test_syn04}, {"SYN07", test_syn07},
	{"OWN07", test_own07}, {"ADV01", test_adv01}, {"ADV02", test_adv02}, {"ADV03", test_adv03},
	{"ADV06", test_adv06}, CU_TEST_INFO_NULL,
};
