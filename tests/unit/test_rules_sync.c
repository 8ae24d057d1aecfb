/* SPDX-License-Identifier: MIT */
/* Rules SYN01, SYN02 and SYN03: what raises them, and what is only like it. */
#include <errno.h>

#include "tests/unit/story.h"

#define CHECK(stories) story_check(stories, sizeof(stories) / sizeof(stories[0]))

/* A dma-buf that a device has had, in the CPU's hands. */
#define SEEN(n)                                 \
	{HEAP(n)}, {DMABUF_MAP(n)}, {QUEUE(n)}, \
	{                                       \
		DEQUEUE_NOSYNC(n)               \
	}

static void test_no_bracket(void)
{
	static const struct story stories[] = {
		{"write", {SEEN(1), {WR(1)}}, "SYN01/error"},
		{"read", {SEEN(1), {RD(1)}}, "SYN02/error"},
		{"both", {SEEN(1), {RW(1)}}, "SYN01/error SYN02/error"},
		{"bracketed",
		 {SEEN(1),
		  {START(1, W)},
		  {WR(1)},
		  {END(1, W)},
		  {START(1, R)},
		  {RD(1)},
		  {END(1, R)},
		  {START(1, RW)},
		  {RW(1)},
		  {END(1, RW)}},
		 ""},
		{"after END",
		 {SEEN(1), {START(1, RW)}, {RW(1)}, {END(1, RW)}, {WR(1)}},
		 "SYN01/error"},
		{"nested: the outer bracket is still open (T8)",
		 {SEEN(1),
		  {START(1, R)},
		  {START(1, R)},
		  {RD(1)},
		  {END(1, R)},
		  {RD(1)},
		  {END(1, R)}},
		 ""},
		{"nested: READ held, RW inside (T8)",
		 {SEEN(1),
		  {START(1, R)},
		  {START(1, RW)},
		  {RW(1)},
		  {END(1, RW)},
		  {RD(1)},
		  {END(1, R)}},
		 ""},
		{"an RW bracket around reads only (T36)",
		 {SEEN(1), {START(1, RW)}, {RD(1)}, {END(1, RW)}},
		 ""},
		{"a bracket on another buffer",
		 {SEEN(1), {HEAP(2)}, {START(2, RW)}, {WR(1)}, {END(2, RW)}},
		 "SYN01/error"},
		{"other origins need none (T2, T12)",
		 {{HEAP(1)},
		  {V4L2_MAP(1)},
		  {MAP(2, 1, DRM)},
		  {MAP(3, 1, USERPTR)},
		  {QUEUE(1)},
		  {DEQUEUE(1)},
		  {RW(1)},
		  {TOUCH(1, 2, 3, 0)},
		  {TOUCH(1, 3, 3, 0)}},
		 ""},
		{"one buffer, two mappings: the duty is of the mapping (T3)",
		 {{CAPTURE(1)},
		  {V4L2_MAP(1)},
		  {MAP(2, 1, DMABUF)},
		  {QUEUE(1)},
		  {DEQUEUE(1)},
		  {RW(1)},
		  {TOUCH(1, 2, DS_EVF_READ, 0)}},
		 "SYN02/error"},
		{"START with a flag that the kernel refused",
		 {SEEN(1), {FAIL(1, W, EINVAL)}, {WR(1)}},
		 "SYN01/error"},
	};

	CHECK(stories);
}

/* What no device has seen is latent; only a write that a device sees later becomes an error. */
static void test_latent(void)
{
	static const struct story stories[] = {
		{"no device ever (T10)",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {WR(1)}, {RD(1)}},
		 "SYN01/warning~ SYN02/warning~"},
		{"write, then the first QBUF",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {WR(1)}, {QUEUE_OUT(1)}},
		 "SYN01/error"},
		{"write, then an import",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {WR(1)}, {IMPORT(1)}},
		 "SYN01/error"},
		{"read, then the first QBUF",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {RD(1)}, {QUEUE(1)}},
		 "SYN02/warning~"},
		{"read before and after, at one place",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {RD(1), .stack = 9},
		  {QUEUE(1)},
		  {DEQUEUE_NOSYNC(1)},
		  {RD(1), .stack = 9}},
		 "SYN02/error*2"},
		{"read after an import",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {IMPORT(1)}, {RD(1)}},
		 "SYN02/error"},
		{"the device saw it under its other name",
		 {{CAPTURE(1)},
		  {HEAP(2)},
		  {DMABUF_MAP(2)},
		  {QUEUE(1)},
		  {DEQUEUE(1)},
		  {JOIN(2, 1)},
		  {RD(2)}},
		 "SYN02/error"},
		{"the device sees it under its other name later",
		 {{CAPTURE(1)}, {HEAP(2)}, {DMABUF_MAP(2)}, {WR(2)}, {JOIN(2, 1)}, {QUEUE(1)}},
		 "SYN01/error"},
		{"a failed QBUF is no device",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {WR(1)}, {QUEUE(1), .result = EINVAL}},
		 "SYN01/warning~"},
		{"another buffer's device",
		 {{HEAP(1)}, {HEAP(2)}, {DMABUF_MAP(1)}, {WR(1)}, {QUEUE(2)}},
		 "SYN01/warning~"},
		{"inside a READ bracket, before any device",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {START(1, R)}, {WR(1)}, {END(1, R)}},
		 "SYN03/warning~<sync"},
	};

	CHECK(stories);
}

/* A READ bracket does not outlive a device that writes. */
static void test_dead_bracket(void)
{
	static const struct story stories[] = {
		{"START before DQBUF of DMABUF memory",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {QUEUE(1)},
		  {START(1, R)},
		  {DEQUEUE_NOSYNC(1)},
		  {RD(1)},
		  {END(1, R)}},
		 "SYN02/error<sync"},
		{"the bracket spans the device",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {START(1, R)},
		  {QUEUE(1)},
		  {DEQUEUE_NOSYNC(1)},
		  {RD(1)},
		  {END(1, R)}},
		 "SYN02/error<sync"},
		{"DQBUF of MMAP memory synchronises",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {QUEUE(1)},
		  {START(1, R)},
		  {DEQUEUE(1)},
		  {RD(1)},
		  {END(1, R)}},
		 ""},
		{"the device only read",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {QUEUE_OUT(1)},
		  {START(1, R)},
		  {RELEASE(1, 2, 1, 0)},
		  {RD(1)},
		  {END(1, R)}},
		 ""},
		{"a new START",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {QUEUE(1)},
		  {START(1, R)},
		  {DEQUEUE_NOSYNC(1)},
		  {START(1, R)},
		  {RD(1)},
		  {END(1, R)},
		  {END(1, R)}},
		 ""},
		{"RW spans the device: its write right stays",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {START(1, RW)},
		  {QUEUE(1)},
		  {DEQUEUE_NOSYNC(1)},
		  {WR(1)},
		  {END(1, RW)}},
		 "OWN03/error<sync"},
	};

	CHECK(stories);
}

static void test_syn03(void)
{
	static const struct story stories[] = {
		{"write in a READ bracket",
		 {SEEN(1), {START(1, R)}, {WR(1)}, {END(1, R)}},
		 "SYN03/error<sync"},
		{"the inner WRITE bracket is over",
		 {SEEN(1),
		  {START(1, R)},
		  {START(1, W)},
		  {WR(1)},
		  {END(1, W)},
		  {WR(1)},
		  {END(1, R)}},
		 "SYN03/error<sync"},
		{"the only bracket is dead: as if there were none",
		 {{HEAP(1)},
		  {DMABUF_MAP(1)},
		  {START(1, R)},
		  {QUEUE(1)},
		  {DEQUEUE_NOSYNC(1)},
		  {WR(1)},
		  {END(1, R)}},
		 "SYN01/error<sync"},
		{"READ and WRITE brackets, nested",
		 {SEEN(1),
		  {START(1, W)},
		  {START(1, R)},
		  {WR(1)},
		  {END(1, R)},
		  {WR(1)},
		  {END(1, W)}},
		 ""},
	};

	CHECK(stories);
}

CU_TestInfo unit_rules_sync[] = {
	{"SYN01 and SYN02", test_no_bracket},
	{"latent and escalated", test_latent},
	{"READ brackets and devices that write", test_dead_bracket},
	{"SYN03", test_syn03},
	CU_TEST_INFO_NULL,
};
