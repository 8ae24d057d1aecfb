/* SPDX-License-Identifier: MIT */
/* The trace writer on a full disk: what was written stays, the rest is counted. */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/unit.h"

/* The disk is full: what was written stays, the rest is counted, the file is not touched beyond. */
static void test_no_space(void)
{
	const uint64_t limit = DS_FIRST_SEGMENT_SLOTS * 2 * sizeof(struct ds_event);
	uint64_t stored = 0, refused = 0;
	struct stat st;
	struct unit_pair f;

	unit_pair_begin(&f, limit, NULL);
	for (uint64_t i = 0; i < 5000; i++)
		if (unit_put(&f.t, 1, DS_EV_ACCESS, i))
			stored++;
		else
			refused++;
	CU_ASSERT_EQUAL(stored, DS_FIRST_SEGMENT_SLOTS * 2 - DS_FIRST_SLOT);
	CU_ASSERT_EQUAL(unit_put_string(&f.t, "lost"), 0);
	CU_ASSERT_EQUAL(f.t.w.header->lost, refused + 1);
	CU_ASSERT_EQUAL(f.t.w.header->closed_for, ENOSPC);
	CU_ASSERT_EQUAL(f.t.extensions, 3); /* asked once more, and never again */
	CU_ASSERT(!stat(f.t.path, &st) && (uint64_t)st.st_size == limit);
	unit_pair_read(&f);
	CU_ASSERT_EQUAL(unit_count_in_order(f.r, 0), stored);
	CU_ASSERT_EQUAL(ds_trace_header(f.r)->lost, refused + 1);
	unit_pair_end(&f);
}

/* A payload that finds room for its head alone is lost as a whole. */
static void test_no_space_for_payload(void)
{
	char text[600];
	struct unit_pair f;

	memset(text, 'q', sizeof(text) - 1);
	text[sizeof(text) - 1] = 0;
	unit_pair_begin(&f, DS_FIRST_SEGMENT_SLOTS * sizeof(struct ds_event), NULL);
	for (uint32_t next = DS_FIRST_SLOT; next < DS_FIRST_SEGMENT_SLOTS - 4; next++)
		unit_put(&f.t, 1, DS_EV_ACCESS, next);
	CU_ASSERT_EQUAL(unit_put_string(&f.t, text), 0);
	CU_ASSERT_EQUAL(f.t.w.header->lost, 1);
	unit_pair_read(&f);
	CU_ASSERT_EQUAL(unit_count_in_order(f.r, DS_FIRST_SLOT),
			DS_FIRST_SEGMENT_SLOTS - 4 - DS_FIRST_SLOT);
	CU_ASSERT_EQUAL(ds_trace_torn(f.r), 4);
	unit_pair_end(&f);
}

static void test_no_space_at_all(void)
{
	struct unit_pair f = {.t = {.limit = 100}};

	unit_dir_make(f.dir);
	CU_ASSERT_EQUAL(unit_trace_start(&f.t, f.dir, "1.trace", NULL), -ENOSPC);
	CU_ASSERT_EQUAL(unit_put(&f.t, 1, DS_EV_ACCESS, 1), 0); /* a writer that never started */
	CU_ASSERT_EQUAL(unit_put_string(&f.t, "nothing"), 0);
	unit_trace_finish(&f.t, false);
	CU_ASSERT_EQUAL(ds_trace_open(f.t.path, &f.r), -EBADMSG);
	unit_pair_end(&f);
}

CU_TestInfo unit_trace_full[] = {
	{"full disk", test_no_space},
	{"full disk in a payload", test_no_space_for_payload},
	{"no space at all", test_no_space_at_all},
	CU_TEST_INFO_NULL,
};
