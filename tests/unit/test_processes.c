/* SPDX-License-Identifier: MIT */
/* One buffer in two processes: judged in the order of time, whoever did what. */
#include <stdio.h>
#include <string.h>

#include "core/merge_time.h"
#include "tests/unit/story.h"

/* rows of the second process come half a step after those of the first */
#define HALF 500

#define RECEIVED(n) EV_(BUFFER, .buffer = n, .flags = KIND_(DMABUF) | DS_EVF_FOREIGN, .a = 1001)
#define WAIT	    EV_(META, .buffer = 0) /* nothing happens: lets the other one go first */
#define DEV(q, r)   EV_(DEVICE, .actor = q, .b = r, .c = 1)

struct pair {
	const char *name;
	struct ds_event one[STORY_STEPS], two[STORY_STEPS];
	const char *expect;
	bool killed; /* the end of the first process is not recorded */
};

/* Heap buffer 1 of process 1 has inode 1001: as 3, it is process 2's. */
static const struct pair pairs[] = {
	{"a read after the other has queued",
	 {{HEAP(1)}, {QUEUE(1)}, {WAIT}, {WAIT}, {WAIT}, {EXIT(0)}},
	 {{RECEIVED(3)}, {DMABUF_MAP(3)}, {START(3, R)}, {RD(3)}, {END(3, R)}, {EXIT(0)}},
	 "OWN02/error@1<claim",
	 false},
	{"a read before the other queues",
	 {{HEAP(1)}, {WAIT}, {WAIT}, {WAIT}, {WAIT}, {QUEUE(1)}, {DEQUEUE(1)}, {EXIT(0)}},
	 {{RECEIVED(3)}, {DMABUF_MAP(3)}, {START(3, R)}, {RD(3)}, {END(3, R)}, {EXIT(0)}},
	 "",
	 false},
	{"a read after the other has dequeued",
	 {{HEAP(1)}, {QUEUE(1)}, {DEQUEUE(1)}, {EXIT(0)}},
	 {{RECEIVED(3)}, {DMABUF_MAP(3)}, {WAIT}, {START(3, R)}, {RD(3)}, {END(3, R)}, {EXIT(0)}},
	 "",
	 false},
	{"a write while the other's device reads",
	 {{HEAP(1)}, {DMABUF_MAP(1)}, {WAIT}, {START(1, W)}, {WR(1)}, {END(1, W)}, {EXIT(0)}},
	 {{RECEIVED(3)}, {QUEUE_OUT(3)}, {WAIT}, {WAIT}, {WAIT}, {WAIT}, {EXIT(0)}},
	 "OWN01/error@2<claim",
	 false},
	{"a read while the other's device reads",
	 {{HEAP(1)}, {DMABUF_MAP(1)}, {WAIT}, {START(1, R)}, {RD(1)}, {END(1, R)}, {EXIT(0)}},
	 {{RECEIVED(3)}, {QUEUE_OUT(3)}, {WAIT}, {WAIT}, {WAIT}, {WAIT}, {EXIT(0)}},
	 "",
	 false},
	{"no bracket in either process",
	 {{HEAP(1)}, {QUEUE(1)}, {DEQUEUE(1)}, {WAIT}, {WAIT}, {EXIT(0)}},
	 {{RECEIVED(3)}, {DMABUF_MAP(3)}, {WAIT}, {RD(3)}, {EXIT(0)}},
	 "SYN02/error",
	 false},
	{"no bracket, of a buffer that was queued before it was exported: not latent",
	 {{CAPTURE(1)},
	  {QUEUE(1)},
	  {EV_(ALIAS, .buffer = 1, .a = 1001)},
	  {DEQUEUE(1)},
	  {WAIT},
	  {EXIT(0)}},
	 {{WAIT}, {WAIT}, {WAIT}, {WAIT}, {RECEIVED(3)}, {DMABUF_MAP(3)}, {RD(3)}, {EXIT(0)}},
	 "SYN02/error",
	 false},
	{"a read in the bracket of the other process",
	 {{HEAP(1)}, {QUEUE(1)}, {DEQUEUE(1)}, {START(1, R)}, {WAIT}, {END(1, R)}, {EXIT(0)}},
	 {{RECEIVED(3)}, {DMABUF_MAP(3)}, {WAIT}, {WAIT}, {RD(3)}, {EXIT(0)}},
	 "",
	 false},
	{"made by nobody who was watched: no bracket is demanded",
	 {{RECEIVED(1)}, {WAIT}, {WAIT}, {WAIT}, {EXIT(0)}},
	 {{RECEIVED(3)}, {DMABUF_MAP(3)}, {RD(3)}, {EXIT(0)}},
	 "",
	 false},
	{"queued in the other's WRITE bracket",
	 {{HEAP(1)}, {WAIT}, {WAIT}, {QUEUE(1)}, {DEQUEUE(1)}, {EXIT(0)}},
	 {{RECEIVED(3)}, {START(3, W)}, {WAIT}, {WAIT}, {WAIT}, {WAIT}, {END(3, W)}, {EXIT(0)}},
	 "OWN03/error@2<sync",
	 false},
	{"a read in a bracket that a device of the other process outdated",
	 {{HEAP(1)}, {WAIT}, {WAIT}, {QUEUE(1)}, {DEQUEUE_NOSYNC(1)}, {WAIT}, {EXIT(0)}},
	 {{RECEIVED(3)},
	  {DMABUF_MAP(3)},
	  {START(3, R)},
	  {WAIT},
	  {WAIT},
	  {RD(3)},
	  {END(3, R)},
	  {EXIT(0)}},
	 "SYN02/error<sync",
	 false},
	{"killed while its device had the buffer: nobody knows when",
	 {{HEAP(1)}, {QUEUE(1)}},
	 {{RECEIVED(3)}, {DMABUF_MAP(3)}, {START(3, R)}, {RD(3)}, {END(3, R)}, {EXIT(0)}},
	 "",
	 true},
	{"ended with its device in possession: its queues are closed",
	 {{HEAP(1)}, {QUEUE(1)}, {EXIT(0)}},
	 {{RECEIVED(3)}, {DMABUF_MAP(3)}, {START(3, R)}, {RD(3)}, {END(3, R)}, {EXIT(0)}},
	 "",
	 false},
	{"dequeued by a process that had not queued it: claims of the device say nothing",
	 {{DEV(1, 81)}, {HEAP(1)}, {QUEUE(1)}, {WAIT}, {WAIT}, {WAIT}, {WAIT}, {EXIT(0)}},
	 {{RECEIVED(3)},
	  {DMABUF_MAP(3)},
	  {WAIT},
	  {EV_(QUEUE_SHARED, .a = 81)},
	  {START(3, R)},
	  {RD(3)},
	  {END(3, R)},
	  {EXIT(0)}},
	 "",
	 false},
	{"the other process ends the bracket",
	 {{HEAP(1)}, {START(1, W)}, {WAIT}, {FD_CLOSE(1, 1)}, {EXIT(0)}},
	 {{RECEIVED(3)}, {WAIT}, {WAIT}, {WAIT}, {WAIT}, {END(3, W)}, {EXIT(0)}},
	 "",
	 false},
};

static void test_pairs(void)
{
	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char dir[UNIT_PATH], line[256];
		struct ds_run *run;

		unit_dir_make(dir);
		story_write(dir, pairs[i].one,
			    &(struct story_process){
				    .file = "1.trace", .pid = 1, .killed = pairs[i].killed});
		story_write(dir, pairs[i].two,
			    &(struct story_process){.file = "2.trace", .pid = 2, .late = HALF});
		CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
		story_render(run, line, sizeof(line));
		UNIT_CHECK(!strcmp(line, pairs[i].expect), "%s: found \"%s\", expected \"%s\"",
			   pairs[i].name, line, pairs[i].expect);
		ds_run_close(run);
		unit_dir_remove(dir);
	}
}

/* A finding of two processes has each site from the trace of its own process. */
static void test_sites(void)
{
	char dir[UNIT_PATH];
	struct ds_run *run;

	unit_dir_make(dir);
	story_write(dir, pairs[0].one, &(struct story_process){.file = "1.trace", .pid = 1});
	story_write(
		dir, pairs[0].two,
		&(struct story_process){
			.file = "2.trace", .pid = 2, .late = HALF, .module = "/usr/bin/reader"});
	CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
	CU_ASSERT_EQUAL_FATAL(run->findings, 1);
	CU_ASSERT_EQUAL(run->finding[0]->access.pid, 2);
	CU_ASSERT_EQUAL(run->finding[0]->prior.pid, 1);
	CU_ASSERT_EQUAL_FATAL(run->finding[0]->access.stack.frames, 2);
	CU_ASSERT_EQUAL_FATAL(run->finding[0]->prior.stack.frames, 2);
	CU_ASSERT_STRING_EQUAL(run->finding[0]->access.stack.frame[0].module, "/usr/bin/reader");
	CU_ASSERT_STRING_EQUAL(run->finding[0]->prior.stack.frame[0].module, "/usr/bin/story");
	CU_ASSERT_EQUAL(run->buffers, 2);
	CU_ASSERT(run->buffer[0].group && run->buffer[0].group == run->buffer[1].group);
	ds_run_close(run);
	unit_dir_remove(dir);
}

/* ---- the order itself ---- */

struct list {
	const uint64_t *ns;
	unsigned n, at;
};

static int next_of(void *ctx, struct ds_merge_head *ret)
{
	struct list *l = ctx;

	if (l->at == l->n)
		return 0;
	ret->ev = (struct ds_event){.type = DS_EV_ACCESS, .time_ns = l->ns[l->at]};
	ret->slot = l->at++;
	return 1;
}

static void test_order(void)
{
	/* 20 stands after 50 in its source: it counts as 50 */
	static const uint64_t a[] = {10, 50, 20, 60}, b[] = {15, 40, 55}, c[] = {70};
	static const char expect[] = "a0 b0 b1 a1 a2 b2 a3 c0 ";
	struct list list[] = {{a, 4, 0}, {b, 3, 0}, {c, 1, 0}, {NULL, 0, 0}};
	struct ds_merge_source source[4];
	struct ds_merge_head head;
	struct ds_merge *m;
	char got[64] = "", *at = got;
	unsigned from;

	for (unsigned i = 0; i < 4; i++)
		source[i] = (struct ds_merge_source){&list[i], next_of};
	CU_ASSERT_EQUAL_FATAL(ds_merge_create(source, 4, &m), 0);
	CU_ASSERT_TRUE(ds_merge_ended(m, 3));
	while (ds_merge_next(m, &from, &head) > 0)
		at += snprintf(at, (size_t)(got + sizeof(got) - at), "%c%u ", 'a' + (int)from,
			       head.slot);
	CU_ASSERT_STRING_EQUAL(got, expect);
	CU_ASSERT_TRUE(ds_merge_ended(m, 0));
	ds_merge_destroy(m);
}

CU_TestInfo unit_processes[] = {
	{"a buffer in two processes", test_pairs},
	{"both processes of a finding", test_sites},
	{"events of several sources in order", test_order},
	CU_TEST_INFO_NULL,
};
