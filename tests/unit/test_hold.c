/* SPDX-License-Identifier: MIT */
/* Claims and brackets: counting, pairing, what a release does to brackets, overflow, join. */
#include <errno.h>

#include "core/ownership.h"
#include "tests/unit/unit.h"

#define READS  DS_DEVICE_READS
#define WRITES DS_DEVICE_WRITES

static unsigned dmabuf(const struct ds_hold *h)
{
	return ds_allowed(h, DS_ORIGIN_DMABUF);
}

static unsigned v4l2(const struct ds_hold *h)
{
	return ds_allowed(h, DS_ORIGIN_V4L2);
}

static void test_claims(void)
{
	struct ds_hold h = {0};
	struct ds_claim c = {0};

	CU_ASSERT_EQUAL(ds_hold_claim(&h, 1, 5, WRITES, 11), 0);
	CU_ASSERT_EQUAL(ds_hold_claim(&h, 2, 5, READS, 12), 0);
	CU_ASSERT_EQUAL(ds_hold_claim(&h, 1, 6, READS, 13), 0);
	CU_ASSERT_EQUAL(v4l2(&h), 0);
	CU_ASSERT_EQUAL(ds_hold_release(&h, 1, 5, true, &c), 0);
	CU_ASSERT(c.actor == 1 && c.index == 5 && c.use == WRITES && c.ref == 11);
	CU_ASSERT_EQUAL(v4l2(&h), DS_READ);
	CU_ASSERT_EQUAL(ds_hold_release(&h, 1, 6, true, &c), 0);
	CU_ASSERT_EQUAL(c.ref, 13);
	CU_ASSERT_EQUAL(v4l2(&h), DS_READ);
	CU_ASSERT_EQUAL(ds_hold_release(&h, 2, 5, true, NULL), 0);
	CU_ASSERT_EQUAL(v4l2(&h), DS_RW);
	CU_ASSERT_EQUAL(h.claims, 0);
}

/* The same actor and the same index must both match. */
static void test_release_of_nothing(void)
{
	struct ds_hold h = {0};
	struct ds_claim c = {.ref = 99};

	CU_ASSERT_EQUAL(ds_hold_release(&h, 1, 1, false, &c), -ENOENT);
	ds_hold_claim(&h, 1, 1, WRITES, 1);
	ds_hold_start(&h, DS_READ, 1);
	CU_ASSERT_EQUAL(ds_hold_release(&h, 1, 2, false, &c), -ENOENT);
	CU_ASSERT_EQUAL(ds_hold_release(&h, 2, 1, false, &c), -ENOENT);
	CU_ASSERT_EQUAL(c.ref, 99);
	CU_ASSERT_EQUAL(h.claims, 1);
	CU_ASSERT_EQUAL(h.bracket[0].dead, 0);
}

static void test_nested(void)
{
	struct ds_hold h = {0};
	struct ds_bracket b = {0};

	ds_hold_start(&h, DS_READ, 1);
	ds_hold_start(&h, DS_READ, 2);
	CU_ASSERT_EQUAL(h.brackets, 1);
	CU_ASSERT_EQUAL(h.bracket[0].count, 2);
	ds_hold_start(&h, DS_RW, 3);
	CU_ASSERT_EQUAL(dmabuf(&h), DS_RW);
	CU_ASSERT_EQUAL(ds_hold_end(&h, DS_RW, &b), 0);
	CU_ASSERT_EQUAL(b.ref, 3);
	CU_ASSERT_EQUAL(dmabuf(&h), DS_READ);
	CU_ASSERT_EQUAL(ds_hold_end(&h, DS_READ, &b), 0);
	CU_ASSERT(b.ref == 1 && b.count == 2);
	CU_ASSERT_EQUAL(dmabuf(&h), DS_READ);
	CU_ASSERT_EQUAL(ds_hold_end(&h, DS_READ, NULL), 0);
	CU_ASSERT_EQUAL(dmabuf(&h), 0);
	CU_ASSERT_EQUAL(ds_hold_end(&h, DS_READ, NULL), -ENOENT);
	CU_ASSERT_EQUAL(h.brackets, 0);
}

/* END takes the latest START with its own flags, else the latest START. */
static void test_end_picks(void)
{
	struct ds_hold h = {0};
	struct ds_bracket b;

	ds_hold_start(&h, DS_READ, 1);
	ds_hold_start(&h, DS_WRITE, 2);
	ds_hold_start(&h, DS_READ, 3);
	ds_hold_start(&h, DS_RW, 4);
	ds_hold_end(&h, DS_WRITE, &b);
	CU_ASSERT_EQUAL(b.ref, 2);
	ds_hold_end(&h, DS_READ, &b);
	CU_ASSERT_EQUAL(b.ref, 3);
	ds_hold_end(&h, DS_WRITE, &b);
	CU_ASSERT_EQUAL(b.ref, 4);
	CU_ASSERT_EQUAL(dmabuf(&h), DS_READ);
	ds_hold_end(&h, DS_WRITE, &b);
	CU_ASSERT_EQUAL(b.ref, 1);
	CU_ASSERT_EQUAL(h.brackets, 0);
}

/* DMA_BUF_SYNC_END and unknown bits are no rights. */
static void test_flag_bits(void)
{
	struct ds_hold h = {0};

	ds_hold_start(&h, DS_READ | 4, 1);
	CU_ASSERT_EQUAL(h.bracket[0].flags, DS_READ);
	ds_hold_start(&h, DS_WRITE, 2);
	ds_hold_end(&h, DS_READ | 4, NULL);
	CU_ASSERT_EQUAL(dmabuf(&h), DS_WRITE);
}

/* A device wrote: what was invalidated before must not be read, unless the release syncs. */
static void test_release_kills_reads(void)
{
	static const struct {
		unsigned use, flags;
		bool syncs;
		unsigned left;
	} rows[] = {
		{WRITES, DS_READ, false, 0},
		{WRITES, DS_READ, true, DS_READ},
		{WRITES, DS_RW, false, DS_WRITE},
		{WRITES, DS_RW, true, DS_RW},
		{WRITES, DS_WRITE, false, DS_WRITE},
		{READS, DS_READ, false, DS_READ},
		{READS, DS_RW, false, DS_RW},
		{READS | WRITES, DS_READ, false, 0},
		{READS | WRITES, DS_RW, false, DS_WRITE},
	};

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int start_first = 0; start_first < 2; start_first++) {
			struct ds_hold h = {0};

			if (start_first)
				ds_hold_start(&h, rows[i].flags, 1);
			ds_hold_claim(&h, 1, 1, rows[i].use, 2);
			if (!start_first)
				ds_hold_start(&h, rows[i].flags, 1);
			ds_hold_release(&h, 1, 1, rows[i].syncs, NULL);
			UNIT_CHECK(dmabuf(&h) == rows[i].left, "row %u", i);
			CU_ASSERT_EQUAL(v4l2(&h), DS_RW);
		}
}

/* A bracket that is opened after the release grants again, and is not counted with the dead one. */
static void test_start_after_death(void)
{
	struct ds_hold h = {0};
	struct ds_bracket b;

	ds_hold_start(&h, DS_READ, 1);
	ds_hold_claim(&h, 1, 1, WRITES, 2);
	ds_hold_release(&h, 1, 1, false, NULL);
	ds_hold_start(&h, DS_READ, 3);
	CU_ASSERT_EQUAL(h.brackets, 2);
	CU_ASSERT_EQUAL(dmabuf(&h), DS_READ);
	ds_hold_end(&h, DS_READ, &b);
	CU_ASSERT_EQUAL(b.ref, 3);
	CU_ASSERT_EQUAL(dmabuf(&h), 0);
	ds_hold_end(&h, DS_READ, &b);
	CU_ASSERT_EQUAL(b.ref, 1);
}

static void test_latest(void)
{
	struct ds_hold h = {0};

	CU_ASSERT_PTR_NULL(ds_hold_bracket(&h, DS_RW));
	CU_ASSERT_PTR_NULL(ds_hold_claimed(&h, READS | WRITES));
	ds_hold_start(&h, DS_WRITE, 1);
	ds_hold_start(&h, DS_RW, 2);
	ds_hold_start(&h, DS_READ, 3);
	CU_ASSERT_EQUAL(ds_hold_bracket(&h, DS_WRITE)->ref, 2);
	CU_ASSERT_EQUAL(ds_hold_bracket(&h, DS_RW)->ref, 3);
	ds_hold_claim(&h, 1, 1, WRITES, 4);
	ds_hold_claim(&h, 1, 2, READS, 5);
	CU_ASSERT_EQUAL(ds_hold_claimed(&h, WRITES)->ref, 4);
	CU_ASSERT_EQUAL(ds_hold_claimed(&h, WRITES | READS)->ref, 5);
	ds_hold_release(&h, 1, 1, true, NULL);
	CU_ASSERT_PTR_NULL(ds_hold_claimed(&h, WRITES));
}

static void test_overflow(void)
{
	struct ds_hold h = {0}, full;

	for (uint32_t i = 0; i < DS_MAX_CLAIMS; i++)
		CU_ASSERT_EQUAL(ds_hold_claim(&h, 1, i, WRITES, i), 0);
	for (uint32_t i = 0; i < DS_MAX_BRACKETS; i++)
		CU_ASSERT_EQUAL(ds_hold_start(&h, i & 1 ? DS_READ : DS_WRITE, i), 0);
	CU_ASSERT_EQUAL(dmabuf(&h), 0);
	full = h;
	CU_ASSERT_EQUAL(ds_hold_claim(&h, 1, 99, WRITES, 99), -ENOSPC);
	CU_ASSERT_EQUAL(dmabuf(&h), DS_RW);
	h = full;
	CU_ASSERT_EQUAL(ds_hold_start(&h, DS_RW, 99), -ENOSPC);
	CU_ASSERT_EQUAL(v4l2(&h), DS_RW);
	h = full; /* one more of the latest kind needs no room */
	CU_ASSERT_EQUAL(ds_hold_start(&h, DS_READ, 99), 0);
	CU_ASSERT_EQUAL(h.overflow, 0);
}

static void test_join(void)
{
	struct ds_hold a = {0}, b = {0};

	ds_hold_claim(&a, 1, 1, READS, 1);
	ds_hold_claim(&b, 2, 2, WRITES, 2);
	ds_hold_start(&b, DS_READ, 3);
	ds_hold_start(&b, DS_READ, 4);
	b.promised = DS_READ;
	b.promise_ref = 5;
	ds_hold_join(&a, &b);
	CU_ASSERT_EQUAL(a.claims, 2);
	CU_ASSERT_EQUAL(ds_hold_claimed(&a, WRITES)->ref, 2);
	CU_ASSERT_EQUAL(ds_hold_claimed(&a, WRITES)->actor, 2);
	CU_ASSERT(a.brackets == 1 && a.bracket[0].count == 2 && a.bracket[0].ref == 3);
	CU_ASSERT(a.promised == DS_READ && a.promise_ref == 5);
	a.promised = DS_WRITE;
	a.promise_ref = 6;
	ds_hold_join(&a, &b);
	CU_ASSERT(a.promised == DS_RW && a.promise_ref == 6);
}

static void test_join_overflow(void)
{
	struct ds_hold a = {0}, b = {0}, none = {0};

	for (uint32_t i = 0; i < DS_MAX_BRACKETS; i++)
		ds_hold_start(&a, i & 1 ? DS_READ : DS_WRITE, i);
	ds_hold_join(&a, &none);
	CU_ASSERT_EQUAL(a.overflow, 0);
	ds_hold_start(&b, DS_RW, 1);
	ds_hold_join(&a, &b);
	CU_ASSERT_EQUAL(a.brackets, DS_MAX_BRACKETS);
	CU_ASSERT_EQUAL(a.overflow, 1);
	b.overflow = 3; /* what was lost before stays lost */
	ds_hold_join(&none, &b);
	CU_ASSERT_EQUAL(none.overflow, 3);
}

CU_TestInfo unit_hold[] = {
	{"claims are added and removed", test_claims},
	{"release of nothing", test_release_of_nothing},
	{"nested brackets are counted", test_nested},
	{"END picks its START", test_end_picks},
	{"flag bits", test_flag_bits},
	{"a release of a writing device kills READ brackets", test_release_kills_reads},
	{"a bracket after that", test_start_after_death},
	{"the latest bracket and claim", test_latest},
	{"overflow", test_overflow},
	{"join", test_join},
	{"join overflows", test_join_overflow},
	CU_TEST_INFO_NULL,
};
