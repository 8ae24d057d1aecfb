/* SPDX-License-Identifier: MIT */
/* ds_allowed() against a table that was written by hand from the rules of the kernel. */
#include <string.h>

#include "core/ownership.h"
#include "tests/unit/unit.h"

/*
 * What the CPU may do: - nothing, r read, w write, b both.  One block of five per promise (none,
 * read, write, both), in it one letter per origin in the order of enum ds_origin: dma-buf, V4L2,
 * DRM, memfd, user pointer.
 */
static const struct row {
	const char *claims;  /* of devices: R reads, W writes, B does both; one letter per claim */
	const char *bracket; /* "", "r", "w", "rw"; capitals: its invalidation came too early */
	const char *allowed;
} rows[] = {
	/*		no promise, read, write, both */
	{"", "", "-bb-b -ww-w -rr-r -----"},	 {"", "r", "rbbrb -ww-w rrrrr -----"},
	{"", "w", "wbbwb wwwww -rr-r -----"},	 {"", "rw", "bbbbb wwwww rrrrr -----"},
	{"", "R", "-bb-b -ww-w -rr-r -----"},	 {"", "Rw", "wbbwb wwwww -rr-r -----"},
	{"R", "", "-rr-r ----- -rr-r -----"},	 {"R", "r", "rrrrr ----- rrrrr -----"},
	{"R", "w", "-rr-r ----- -rr-r -----"},	 {"R", "rw", "rrrrr ----- rrrrr -----"},
	{"R", "R", "-rr-r ----- -rr-r -----"},	 {"R", "Rw", "-rr-r ----- -rr-r -----"},
	{"RR", "rw", "rrrrr ----- rrrrr -----"}, {"W", "", "----- ----- ----- -----"},
	{"W", "r", "----- ----- ----- -----"},	 {"W", "w", "----- ----- ----- -----"},
	{"W", "rw", "----- ----- ----- -----"},	 {"W", "R", "----- ----- ----- -----"},
	{"W", "Rw", "----- ----- ----- -----"},	 {"RW", "", "----- ----- ----- -----"},
	{"RW", "r", "----- ----- ----- -----"},	 {"RW", "w", "----- ----- ----- -----"},
	{"RW", "rw", "----- ----- ----- -----"}, {"RW", "R", "----- ----- ----- -----"},
	{"RW", "Rw", "----- ----- ----- -----"}, {"WR", "rw", "----- ----- ----- -----"},
	{"B", "", "----- ----- ----- -----"},	 {"B", "r", "----- ----- ----- -----"},
	{"B", "w", "----- ----- ----- -----"},	 {"B", "rw", "----- ----- ----- -----"},
	{"B", "R", "----- ----- ----- -----"},	 {"B", "Rw", "----- ----- ----- -----"},
};

static const char *const promises[] = {"no promise", "no read", "no write", "neither"};
static const char *const origins[] = {"dmabuf", "v4l2", "drm", "memfd", "userptr"};
_Static_assert(sizeof(origins) / sizeof(origins[0]) == DS_ORIGIN_MAX, "a column per origin");

static struct ds_hold hold_of(const struct row *row, unsigned promised)
{
	struct ds_hold h = {.promised = (uint8_t)promised};

	for (const char *c = row->claims; *c; c++)
		h.claim[h.claims++].use = *c == 'R'   ? DS_DEVICE_READS
					  : *c == 'W' ? DS_DEVICE_WRITES
						      : DS_DEVICE_READS | DS_DEVICE_WRITES;
	for (const char *b = row->bracket; *b; b++) {
		h.brackets = 1;
		h.bracket[0].count = 1;
		h.bracket[0].flags |= *b == 'w' ? DS_WRITE : DS_READ;
		h.bracket[0].dead |= *b == 'R' ? DS_READ : 0;
	}
	return h;
}

static void check_row(const struct row *row)
{
	for (unsigned promised = 0; promised < 4; promised++) {
		struct ds_hold h = hold_of(row, promised);

		for (unsigned origin = 0; origin < DS_ORIGIN_MAX; origin++) {
			char expected = row->allowed[promised * 6 + origin];
			char got = "-rwb"[ds_allowed(&h, origin)];

			UNIT_CHECK(got == expected,
				   "claims %s, bracket %s, %s, %s: %c, expected %c", row->claims,
				   row->bracket, promises[promised], origins[origin], got,
				   expected);
		}
	}
}

static void test_table(void)
{
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		CU_ASSERT_EQUAL_FATAL(strlen(rows[i].allowed), 23);
		check_row(&rows[i]);
	}
}

/* Several brackets grant what their union grants. */
static void test_union(void)
{
	struct ds_hold h = {.brackets = 2, .bracket = {{.flags = DS_READ}, {.flags = DS_WRITE}}};

	CU_ASSERT_EQUAL(ds_allowed(&h, DS_ORIGIN_DMABUF), DS_RW);
	h.bracket[0].dead = DS_READ;
	CU_ASSERT_EQUAL(ds_allowed(&h, DS_ORIGIN_DMABUF), DS_WRITE);
	h.bracket[1].flags = DS_READ;
	CU_ASSERT_EQUAL(ds_allowed(&h, DS_ORIGIN_DMABUF), DS_READ);
}

/* Bits that are no right never leave the function. */
static void test_only_rights(void)
{
	struct ds_hold h = {.brackets = 1, .bracket = {{.flags = 0xff}}};

	CU_ASSERT_EQUAL(ds_allowed(&h, DS_ORIGIN_DMABUF), DS_RW);
	h.promised = 0xfc;
	CU_ASSERT_EQUAL(ds_allowed(&h, DS_ORIGIN_V4L2), DS_RW);
}

/* Something was not kept: nothing is judged. */
static void test_overflow(void)
{
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (unsigned promised = 0; promised < 4; promised++)
			for (unsigned origin = 0; origin < DS_ORIGIN_MAX; origin++) {
				struct ds_hold h = hold_of(&rows[i], promised);

				h.overflow = 1;
				CU_ASSERT_EQUAL(ds_allowed(&h, origin), DS_RW);
			}
}

static void test_needs_bracket(void)
{
	CU_ASSERT_TRUE(ds_origin_needs_bracket(DS_ORIGIN_DMABUF));
	CU_ASSERT_TRUE(ds_origin_needs_bracket(DS_ORIGIN_MEMFD));
	CU_ASSERT_FALSE(ds_origin_needs_bracket(DS_ORIGIN_V4L2));
	CU_ASSERT_FALSE(ds_origin_needs_bracket(DS_ORIGIN_DRM));
	CU_ASSERT_FALSE(ds_origin_needs_bracket(DS_ORIGIN_USERPTR));
}

CU_TestInfo unit_ownership[] = {
	{"claims, brackets, promises and origins", test_table},
	{"brackets add up", test_union},
	{"only rights come out", test_only_rights},
	{"overflow allows everything", test_overflow},
	{"origins that need a bracket", test_needs_bracket},
	CU_TEST_INFO_NULL,
};
