/* SPDX-License-Identifier: MIT */
/* Rules SYN06, SYN08, SYN09 and buffers from elsewhere: what raises them, and what is only like it. */
#include <errno.h>

#include "tests/unit/story.h"

#define CHECK(stories) story_check(stories, sizeof(stories) / sizeof(stories[0]))

/* A dma-buf that a device has had, in the CPU's hands. */
#define SEEN(n)                                 \
	{HEAP(n)}, {DMABUF_MAP(n)}, {QUEUE(n)}, \
	{                                       \
		DEQUEUE_NOSYNC(n)               \
	}

static void test_syn06(void)
{
	static const struct story stories[] = {
		{"END alone", {SEEN(1), {END(1, R)}}, "SYN06/warning"},
		{"END alone, no device", {{HEAP(1)}, {END(1, RW)}}, "SYN06/warning~"},
		{"one END too many",
		 {SEEN(1), {START(1, W)}, {END(1, W)}, {END(1, W)}},
		 "SYN06/warning"},
		{"after a START that failed",
		 {SEEN(1), {FAIL(1, R, EINTR)}, {END(1, R)}},
		 "SYN06/warning<sync"},
		{"after a START that the kernel refused",
		 {SEEN(1), {FAIL(1, R, EINVAL)}, {END(1, R)}},
		 "SYN06/warning"},
		{"pairs", {SEEN(1), {START(1, R)}, {START(1, W)}, {END(1, R)}, {END(1, W)}}, ""},
		{"other flags at END (T36)",
		 {SEEN(1), {START(1, RW)}, {END(1, W)}, {START(1, R)}, {END(1, RW)}},
		 ""},
		{"END that failed and was repeated",
		 {SEEN(1), {START(1, R)}, {END_FAIL(1, R, EINTR)}, {END(1, R)}},
		 ""},
		{"END that udmabuf refused, for there was no START",
		 {SEEN(1), {END_FAIL(1, R, EINVAL)}},
		 "SYN06/warning"},
		{"END that failed otherwise opened and closed nothing (T30)",
		 {SEEN(1), {END_FAIL(1, R, EINTR)}},
		 ""},
		{"the bracket may be somebody else's", {{FOREIGN(1)}, {QUEUE(1)}, {END(1, R)}}, ""},
	};

	CHECK(stories);
}

static void test_syn08(void)
{
	static const struct story stories[] = {
		{"EINTR, then the write",
		 {SEEN(1), {FAIL(1, W, EINTR)}, {WR(1)}},
		 "SYN08/error+SYN01<sync"},
		{"EAGAIN, then the read",
		 {SEEN(1), {FAIL(1, R, EAGAIN)}, {RD(1)}},
		 "SYN08/error+SYN02<sync"},
		{"through the memfd",
		 {{UDMABUF(1)}, {MEMFD_MAP(1)}, {IMPORT(1)}, {FAIL(1, W, EINTR)}, {WR(1)}},
		 "SYN08/error+SYN09<sync"},
		{"no device yet",
		 {{HEAP(1)}, {DMABUF_MAP(1)}, {FAIL(1, W, EINTR)}, {WR(1)}},
		 "SYN08/warning~+SYN01<sync"},
		{"retried",
		 {SEEN(1),
		  {FAIL(1, W, EINTR)},
		  {FAIL(1, W, EAGAIN)},
		  {START(1, W)},
		  {WR(1)},
		  {END(1, W)}},
		 ""},
		{"retried, then ended: a later access is another matter",
		 {SEEN(1), {FAIL(1, W, EINTR)}, {START(1, W)}, {END(1, W)}, {WR(1)}},
		 "SYN01/error"},
		{"it asked for reading, the access writes",
		 {SEEN(1), {FAIL(1, R, EINTR)}, {WR(1)}},
		 "SYN01/error"},
		{"an outer bracket grants the access",
		 {SEEN(1), {START(1, RW)}, {FAIL(1, W, EINTR)}, {WR(1)}, {END(1, RW)}},
		 ""},
		{"an outer bracket does not",
		 {SEEN(1), {START(1, R)}, {FAIL(1, W, EINTR)}, {WR(1)}, {END(1, R)}},
		 "SYN08/error+SYN03<sync"},
		{"another START took its place",
		 {SEEN(1), {FAIL(1, W, EINTR)}, {START(1, R)}, {WR(1)}, {END(1, R)}},
		 "SYN03/error<sync"},
		{"the END of the round ends it",
		 {SEEN(1), {FAIL(1, W, EINTR)}, {END(1, W)}, {WR(1)}},
		 "SYN01/error SYN06/warning<sync"},
		{"a hand-over ends it",
		 {SEEN(1), {FAIL(1, W, EINTR)}, {QUEUE(1)}, {DEQUEUE_NOSYNC(1)}, {WR(1)}},
		 "SYN01/error"},
	};

	CHECK(stories);
}

static void test_syn09(void)
{
	static const struct story stories[] = {
		{"write through the memfd",
		 {{UDMABUF(1)}, {MEMFD_MAP(1)}, {IMPORT(1)}, {WR(1)}},
		 "SYN09/error"},
		{"read through the memfd, no device",
		 {{UDMABUF(1)}, {MEMFD_MAP(1)}, {RD(1)}},
		 "SYN09/warning~"},
		{"a bracket on the dma-buf covers it (T11)",
		 {{UDMABUF(1)}, {MEMFD_MAP(1)}, {IMPORT(1)}, {START(1, RW)}, {RW(1)}, {END(1, RW)}},
		 ""},
		{"after the bracket",
		 {{UDMABUF(1)}, {MEMFD_MAP(1)}, {IMPORT(1)}, {START(1, W)}, {END(1, W)}, {WR(1)}},
		 "SYN09/error"},
		{"the dma-buf's own mapping beside it",
		 {{UDMABUF(1)},
		  {MEMFD_MAP(1)},
		  {MAP(2, 1, DMABUF)},
		  {IMPORT(1)},
		  {TOUCH(1, 2, DS_EVF_WRITE, 0)}},
		 "SYN01/error"},
	};

	CHECK(stories);
}

/* Received or inherited: its bracket may be another process's, so none is demanded (T27). */
static void test_foreign(void)
{
	static const struct story stories[] = {
		{"touched without a bracket",
		 {{FOREIGN(1)}, {DMABUF_MAP(1)}, {QUEUE(1)}, {DEQUEUE_NOSYNC(1)}, {RW(1)}},
		 ""},
		{"written in a READ bracket",
		 {{FOREIGN(1)}, {DMABUF_MAP(1)}, {IMPORT(1)}, {START(1, R)}, {WR(1)}, {END(1, R)}},
		 ""},
		{"after a START that failed",
		 {{FOREIGN(1)}, {DMABUF_MAP(1)}, {IMPORT(1)}, {FAIL(1, W, EINTR)}, {WR(1)}},
		 ""},
		{"queued by this process",
		 {{FOREIGN(1)}, {DMABUF_MAP(1)}, {QUEUE(1)}, {WR(1)}, {RD(1)}},
		 "OWN01/error<claim OWN02/error<claim"},
	};

	CHECK(stories);
}

CU_TestInfo unit_rules_call[] = {
	{"SYN06", test_syn06}, {"SYN08", test_syn08},
	{"SYN09", test_syn09}, {"foreign buffers", test_foreign},
	CU_TEST_INFO_NULL,
};
