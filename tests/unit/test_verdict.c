/* SPDX-License-Identifier: MIT */
/* The verdict, and what it says could not be observed. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/story.h"

/* What differs from a whole recording of a silent program, and what is said about it. */
struct difference {
	uint64_t features; /* without them */
	uint64_t with;	   /* besides */
	struct ds_event event;
	uint64_t lost, torn;
	uint32_t closed_for;
	bool killed;
	enum ds_verdict verdict;
	const char *says;
	bool taints;
};

static const struct difference differences[] = {
	{.says = "no kernel side", .verdict = DS_CLEAN},
	{.features = DS_FEATURE_GUARD, .says = "guard=off", .verdict = DS_CLEAN},
	{.features = DS_FEATURE_STACKS, .says = "no stacks", .verdict = DS_CLEAN},
	{.with = DS_FEATURE_FORKED, .says = "forked without exec", .verdict = DS_CLEAN},
	{.killed = true, .says = "killed or still running", .verdict = DS_CLEAN},
	{.killed = true, .torn = 1, .says = "killed or still running", .verdict = DS_CLEAN},
	{.torn = 2, .says = "2 unreadable records", .verdict = DS_TAINTED, .taints = true},
	{.lost = 7, .says = "7 events were lost", .verdict = DS_TAINTED, .taints = true},
	{.closed_for = ENOSPC,
	 .says = "No space left on device",
	 .verdict = DS_TAINTED,
	 .taints = true},
	{.event = {EV_(MISSED, .a = 1)},
	 .says = "1 call could not be followed",
	 .verdict = DS_TAINTED,
	 .taints = true},
	{.event = {EV_(MISSED, .a = DS_MISSED_NAMESPACE)},
	 .says = "dlmopen is in use",
	 .verdict = DS_TAINTED,
	 .taints = true},
	{.event = {EV_(MISSED, .a = DS_MISSED_RING)},
	 .says = "io_uring is in use",
	 .verdict = DS_CLEAN},
	{.event = {EV_(UNGUARDED, .a = 1)},
	 .says = "1 mapping could not be guarded",
	 .verdict = DS_TAINTED,
	 .taints = true},
	{.event = {EV_(EFAULT, .a = 1)}, .says = "EFAULT", .verdict = DS_TAINTED, .taints = true},
	{.event = {EV_(REGUARD, .a = 1)}, .says = "1 hand-over, median", .verdict = DS_CLEAN},
	{.event = {EV_(BUILD_ID, .a = 21)},
	 .says = "1 unreadable record",
	 .verdict = DS_TAINTED,
	 .taints = true},
};

static void write_difference(const char *dir, const struct difference *d)
{
	struct ds_trace_header proto = {.pid = 3, .comm = "quiet", .start_ns = 1};
	struct unit_trace t = {.limit = 0};

	proto.features = ((DS_FEATURE_GUARD | DS_FEATURE_STACKS) & ~d->features) | d->with;
	CU_ASSERT_EQUAL_FATAL(unit_trace_start(&t, dir, "3.trace", &proto), 0);
	if (d->event.type)
		ds_trace_put(&t.w, &d->event);
	if (!d->killed)
		unit_put(&t, 1, DS_EV_EXIT, 0);
	atomic_fetch_add(&t.w.header->next, d->torn);
	atomic_store(&t.w.header->lost, d->lost);
	atomic_store(&t.w.header->closed_for, d->closed_for);
	atomic_store(&t.w.header->ended, !d->killed);
	unit_trace_finish(&t, true);
}

/* The sentence with these words is there, and taints or does not. */
static void check_says(const struct ds_run *run, const struct difference *d)
{
	struct ds_blind spot[32];
	unsigned n = ds_run_blind_spots(run, spot, 32), found = 0, tainting = 0;

	for (unsigned i = 0; i < n; i++) {
		tainting += spot[i].taints;
		if (strstr(spot[i].text, d->says)) {
			found++;
			CU_ASSERT_EQUAL(spot[i].taints, d->taints);
		}
	}
	UNIT_CHECK(found == 1, "\"%s\" stands %u times", d->says, found);
	UNIT_CHECK(tainting == d->taints, "\"%s\": %u sentences taint", d->says, tainting);
}

static void test_blind_spots(void)
{
	for (unsigned i = 0; i < sizeof(differences) / sizeof(differences[0]); i++) {
		const struct difference *d = &differences[i];
		struct ds_run *run;
		char dir[UNIT_PATH];

		unit_dir_make(dir);
		write_difference(dir, d);
		CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
		CU_ASSERT_EQUAL(run->findings, 0);
		UNIT_CHECK(ds_run_verdict(run) == d->verdict, "\"%s\": %s", d->says,
			   ds_verdict_name(ds_run_verdict(run)));
		check_says(run, d);
		ds_run_close(run);
		unit_dir_remove(dir);
	}
}

/* A finding is a finding, whatever was missed besides. */
static void test_findings_win(void)
{
	static const struct ds_event step[STORY_STEPS] = {
		{CAPTURE(1)}, {V4L2_MAP(1)}, {QUEUE(1)}, {EV_(MISSED, .a = 1)}, {RD(1)}, {EXIT(0)}};
	struct ds_run *run = story_run(step);

	CU_ASSERT_PTR_NOT_NULL_FATAL(run);
	CU_ASSERT_EQUAL(ds_run_verdict(run), DS_FINDINGS);
	ds_run_close(run);
}

/* What is said of a process that has buffers, and a library that calls the kernel by itself. */
static void test_own_calls(void)
{
	static const struct {
		const char *module, *says;
		unsigned times;
	} rows[] = {
		{"/usr/lib/libaio.so.1.0.1", "libaio.so.1.0.1 makes its own system calls", 1},
		{"liburing.so.2", "liburing.so.2 makes its own system calls", 1},
		{"/opt/libaio.so/player", "makes its own system calls", 0},
		{"/usr/bin/player", "guard=first: what a forbidden access has opened", 1},
	};
	static const struct ds_event step[STORY_STEPS] = {{CAPTURE(1)}, {EXIT(0)}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct story_process as = {.module = rows[i].module};
		struct ds_run *run = story_run_as(step, &as);
		struct ds_blind spot[32];
		unsigned n = run ? ds_run_blind_spots(run, spot, 32) : 0, found = 0;

		for (unsigned k = 0; k < n; k++)
			found += strstr(spot[k].text, rows[i].says) != NULL;
		UNIT_CHECK(found == rows[i].times, "%s: \"%s\" stands %u times", rows[i].module,
			   rows[i].says, found);
		CU_ASSERT(run && ds_run_verdict(run) == DS_CLEAN);
		ds_run_close(run);
	}
}

/* More sentences than room: the number is told, nothing is written beyond. */
static void test_room(void)
{
	const struct difference d = {.features = DS_FEATURE_GUARD | DS_FEATURE_STACKS, .lost = 1};
	struct ds_blind spot[2] = {{.text = "untouched"}, {.text = "untouched"}};
	struct ds_run *run;
	char dir[UNIT_PATH];

	unit_dir_make(dir);
	write_difference(dir, &d);
	CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
	CU_ASSERT_EQUAL(ds_run_blind_spots(run, spot, 1), 4);
	CU_ASSERT_STRING_NOT_EQUAL(spot[0].text, "untouched");
	CU_ASSERT_STRING_EQUAL(spot[1].text, "untouched");
	CU_ASSERT_EQUAL(ds_run_blind_spots(run, NULL, 0), 4);
	ds_run_close(run);
	unit_dir_remove(dir);
}

/* A loss counts wherever it stands: here behind two limits of each of 40 processes. */
static void test_many(void)
{
	char dir[UNIT_PATH], path[UNIT_PATH + 16];
	struct ds_run *run;
	FILE *f;

	unit_dir_make(dir);
	for (int i = 0; i < 40; i++) {
		struct ds_trace_header proto = {.pid = 100 + i, .comm = "quiet", .start_ns = 1};
		struct unit_trace t = {.limit = 0};
		char name[16];

		snprintf(name, sizeof(name), "%d.trace", 100 + i);
		CU_ASSERT_EQUAL_FATAL(unit_trace_start(&t, dir, name, &proto), 0);
		unit_put(&t, 1, DS_EV_EXIT, 0);
		atomic_store(&t.w.header->ended, 1);
		unit_trace_finish(&t, true);
	}
	snprintf(path, sizeof(path), "%s/kernel.lines", dir);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fputs("# dmasan kernel lines\nV 1 1\nR attached\n", f); /* cut off: no E */
	fclose(f);
	CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
	CU_ASSERT(ds_run_blind_spots(run, NULL, 0) > 80);
	CU_ASSERT_EQUAL(ds_run_verdict(run), DS_TAINTED);
	CU_ASSERT(ds_run_tainted(run, 0));
	ds_run_close(run);
	unit_dir_remove(dir);
}

static void test_names(void)
{
	CU_ASSERT_STRING_EQUAL(ds_verdict_name(DS_CLEAN), "clean");
	CU_ASSERT_STRING_EQUAL(ds_verdict_name(DS_FINDINGS), "findings");
	CU_ASSERT_STRING_EQUAL(ds_verdict_name(DS_TAINTED), "tainted");
}

CU_TestInfo unit_verdict[] = {
	{"blind spots", test_blind_spots},
	{"calls of its own", test_own_calls},
	{"findings win over taints", test_findings_win},
	{"room for sentences", test_room},
	{"a loss behind many limits", test_many},
	{"names", test_names},
	CU_TEST_INFO_NULL,
};
