/* SPDX-License-Identifier: MIT */
/* Rule OWN05: claims that last until a fence signals. */
#include <errno.h>

#include "tests/unit/story.h"

#define CHECK(stories) story_check(stories, sizeof(stories) / sizeof(stories[0]))

/* device 9; a fence's claim belongs to no queue, so that its index is one that no queue has */
#define FENCE(n, use) CLAIM(n, 9, 0xffffffff, DS_DEVICE_##use | DS_DEVICE_FENCE, 0)
#define SIGNALLED(n)  RELEASE(n, 9, 0xffffffff, 0)
#define VGEM(n)            \
	{FRAMEBUFFER(n)},  \
	{                  \
		DRM_MAP(n) \
	}
#define VGEM_DMABUF(n)        \
	{FRAMEBUFFER(n)},     \
	{                     \
		DMABUF_MAP(n) \
	}

static void test_pending(void)
{
	static const struct story stories[] = {
		{"a device writes", {VGEM(1), {FENCE(1, WRITES)}, {RD(1)}}, "OWN05/error<claim"},
		{"a device writes, and so does the CPU",
		 {VGEM(1), {FENCE(1, WRITES)}, {WR(1)}},
		 "OWN05/error<claim"},
		{"a device reads while the CPU writes",
		 {VGEM(1), {FENCE(1, READS)}, {WR(1)}},
		 "OWN05/error<claim"},
		{"a device reads, and so does the CPU", {VGEM(1), {FENCE(1, READS)}, {RD(1)}}, ""},
		{"before there is a fence", {VGEM(1), {RW(1)}, {FENCE(1, WRITES)}}, ""},
		{"another buffer has one",
		 {VGEM(1), {FRAMEBUFFER(2)}, {DRM_MAP(2)}, {FENCE(2, WRITES)}, {RW(1)}},
		 ""},
		{"a fence that could not be added",
		 {VGEM(1), {FENCE(1, WRITES), .result = EINVAL}, {RW(1)}},
		 ""},
		{"two devices, and one of them is done",
		 {VGEM(1),
		  {FENCE(1, WRITES)},
		  {CLAIM(1, 8, 0xffffffff, DS_DEVICE_WRITES | DS_DEVICE_FENCE, 0)},
		  {SIGNALLED(1)},
		  {RD(1)}},
		 "OWN05/error<claim"},
	};

	CHECK(stories);
}

static void test_waited(void)
{
	static const struct story stories[] = {
		{"signalled", {VGEM(1), {FENCE(1, WRITES)}, {SIGNALLED(1)}, {RW(1)}}, ""},
		{"signalled, and pending again",
		 {VGEM(1),
		  {FENCE(1, WRITES)},
		  {SIGNALLED(1)},
		  {RD(1)},
		  {FENCE(1, WRITES)},
		  {RD(1)}},
		 "OWN05/error<claim"},
		{"the writer is done, a reader is not",
		 {VGEM(1), {FENCE(1, WRITES)}, {SIGNALLED(1)}, {FENCE(1, READS)}, {RD(1)}, {WR(1)}},
		 "OWN05/error<claim"},
		{"START for reading waits for writers",
		 {VGEM_DMABUF(1), {FENCE(1, WRITES)}, {START(1, R)}, {RD(1)}, {END(1, R)}},
		 ""},
		{"START for writing waits for readers, too",
		 {VGEM_DMABUF(1), {FENCE(1, READS)}, {START(1, RW)}, {WR(1)}, {END(1, RW)}},
		 ""},
		{"START for reading does not wait for readers",
		 {VGEM(1), {FENCE(1, READS)}, {START(1, R)}, {WR(1)}, {END(1, R)}},
		 "OWN05/error<claim"},
		{"a START that failed has not waited",
		 {VGEM(1), {FENCE(1, WRITES)}, {FAIL(1, RW, EINTR)}, {RD(1)}},
		 "OWN05/error<claim"},
		{"END waits for nothing",
		 {VGEM_DMABUF(1), {START(1, R)}, {FENCE(1, WRITES)}, {END(1, R)}, {RD(1)}},
		 "OWN05/error+SYN02<claim"},
	};

	CHECK(stories);
}

static void test_beside(void)
{
	static const struct story stories[] = {
		{"no bracket, and a fence: the fence is worse",
		 {VGEM_DMABUF(1), {FENCE(1, WRITES)}, {RD(1)}},
		 "OWN05/error+SYN02<claim"},
		{"a bracket that began before the fence does not help",
		 {VGEM_DMABUF(1), {START(1, R)}, {FENCE(1, WRITES)}, {RD(1)}, {END(1, R)}},
		 "OWN05/error<claim"},
		{"what was invalidated before the device wrote is stale",
		 {VGEM_DMABUF(1),
		  {START(1, R)},
		  {FENCE(1, WRITES)},
		  {SIGNALLED(1)},
		  {RD(1)},
		  {END(1, R)}},
		 "SYN02/error<sync"},
		{"a queue has the buffer, too",
		 {VGEM(1), {QUEUE(1)}, {FENCE(1, WRITES)}, {RD(1)}},
		 "OWN02/error+OWN05<claim"},
		{"a fence is no second device",
		 {VGEM(1), {FENCE(1, WRITES)}, {QUEUE_OUT(1)}, {SIGNALLED(1)}},
		 ""},
	};

	CHECK(stories);
}

CU_TestInfo unit_rules_fence[] = {
	{"OWN05: a fence is pending", test_pending},
	{"OWN05: waits, and what is none", test_waited},
	{"OWN05 beside other rules", test_beside},
	CU_TEST_INFO_NULL,
};
