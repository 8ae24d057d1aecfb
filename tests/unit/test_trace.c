/* SPDX-License-Identifier: MIT */
/* Trace writer and reader: what is written is read; growth, payloads, torn slots. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/unit.h"

static void test_round_trip(void)
{
	struct ds_event in = {.type = DS_EV_ACCESS,
			      .flags = 0x1234,
			      .tid = 7,
			      .time_ns = 1ull << 60,
			      .stack = 5,
			      .buffer = 6,
			      .actor = 8,
			      .result = -9,
			      .a = 1,
			      .b = ~0ull,
			      .c = 1ull << 63,
			      .d = 4},
			out;
	struct unit_pair f;
	uint32_t slot, read_slot;

	unit_pair_begin(&f, 0, NULL);
	slot = ds_trace_put(&f.t.w, &in);
	CU_ASSERT_EQUAL(slot, DS_FIRST_SLOT);
	CU_ASSERT_EQUAL(unit_put(&f.t, 1, DS_EV_EXIT, 3), slot + 1);
	unit_pair_read(&f);
	CU_ASSERT_EQUAL(ds_trace_next(f.r, &out, &read_slot), 1);
	CU_ASSERT_EQUAL(read_slot, slot);
	CU_ASSERT(!memcmp(&in, &out, sizeof(in)));
	CU_ASSERT_EQUAL(ds_trace_next(f.r, &out, &read_slot), 1);
	CU_ASSERT(out.type == DS_EV_EXIT && out.a == 3);
	CU_ASSERT_EQUAL(ds_trace_next(f.r, &out, &read_slot), 0);
	CU_ASSERT_EQUAL(ds_trace_next(f.r, &out, &read_slot), 0);
	CU_ASSERT_EQUAL(ds_trace_rewind(f.r), 0);
	CU_ASSERT_EQUAL(ds_trace_next(f.r, &out, &read_slot), 1);
	CU_ASSERT_EQUAL(out.type, DS_EV_ACCESS);
	CU_ASSERT_EQUAL(ds_trace_event(f.r, slot + 1, &out), 0);
	CU_ASSERT_EQUAL(out.type, DS_EV_EXIT);
	unit_pair_end(&f);
}

static void test_header(void)
{
	struct ds_trace_header proto = {.magic = "nonsens",
					.version = 99,
					.header_bytes = 1,
					.byte_order = 5,
					.pid = 42,
					.ppid = 41,
					.start_ns = 7,
					.start_real_ns = 8,
					.features = 5,
					.next = 77,
					.lost = 78};
	const struct ds_trace_header *h;
	struct unit_pair f;

	memset(proto.comm, 'x', sizeof(proto.comm)); /* no terminator */
	memset(proto.arch, 'y', sizeof(proto.arch));
	memset(proto.boot_id, 'z', sizeof(proto.boot_id));
	unit_pair_begin(&f, 0, &proto);
	unit_pair_read(&f);
	h = ds_trace_header(f.r);
	CU_ASSERT(!memcmp(h->magic, DS_TRACE_MAGIC, sizeof(h->magic)));
	CU_ASSERT(h->version == DS_TRACE_VERSION && h->header_bytes == DS_HEADER_BYTES);
	CU_ASSERT(h->slot_bytes == 64 && h->byte_order == 0x01020304);
	CU_ASSERT(h->pid == 42 && h->ppid == 41 && h->start_ns == 7 && h->start_real_ns == 8);
	CU_ASSERT(h->features == 5 && h->next == DS_FIRST_SLOT && h->lost == 0);
	CU_ASSERT_EQUAL(strlen(h->comm), sizeof(h->comm) - 1);
	CU_ASSERT_EQUAL(strlen(h->arch), sizeof(h->arch) - 1);
	CU_ASSERT_EQUAL(strlen(h->boot_id), sizeof(h->boot_id) - 1);
	unit_pair_end(&f);
}

/* Sizes around the edges of a slot, each followed by another record that must not leak in. */
static void test_payload(void)
{
	static const size_t sizes[] = {0, 1, 55, 56, 57, 111, 112, 113, 4095};
	enum { N = sizeof(sizes) / sizeof(sizes[0]) };
	uint8_t data[4096], back[4096];
	uint32_t slot[N];
	struct unit_pair f;

	for (unsigned i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + 1);
	unit_pair_begin(&f, 0, NULL);
	for (unsigned i = 0; i < N; i++) {
		struct ds_event head = {.type = DS_EV_STRING, .tid = 1, .a = sizes[i]};

		slot[i] = ds_trace_put_payload(&f.t.w, &head, data, sizes[i]);
		CU_ASSERT_NOT_EQUAL(slot[i], 0);
	}
	unit_pair_read(&f);
	for (unsigned i = 0; i < N; i++) {
		CU_ASSERT_EQUAL(ds_trace_payload(f.r, slot[i], back, sizeof(back)), (int)sizes[i]);
		CU_ASSERT(!memcmp(data, back, sizes[i]));
	}
	CU_ASSERT_EQUAL(ds_trace_payload(f.r, slot[5], back, 60), 60); /* no more than asked */
	CU_ASSERT_EQUAL(ds_trace_payload(f.r, UINT32_MAX, back, 60), 0);
	unit_pair_end(&f);
}

static void test_string(void)
{
	char buf[16];
	uint32_t hello, access;
	struct unit_pair f;

	unit_pair_begin(&f, 0, NULL);
	hello = unit_put_string(&f.t,
				"hello, world: a long text of more than one slot, that is cut");
	access = unit_put(&f.t, 1, DS_EV_ACCESS, 4);
	unit_pair_read(&f);
	CU_ASSERT_STRING_EQUAL(ds_trace_string(f.r, hello, buf, sizeof(buf)), "hello, world: a");
	CU_ASSERT_STRING_EQUAL(ds_trace_string(f.r, hello, buf, 6), "hello");
	CU_ASSERT_STRING_EQUAL(ds_trace_string(f.r, 0, buf, sizeof(buf)), "");
	CU_ASSERT_STRING_EQUAL(ds_trace_string(f.r, hello + 1, buf, sizeof(buf)), "");
	CU_ASSERT_STRING_EQUAL(ds_trace_string(f.r, access, buf, sizeof(buf)), "");
	CU_ASSERT_STRING_EQUAL(ds_trace_string(f.r, 1000000, buf, sizeof(buf)), "");
	unit_pair_end(&f);
}

/* A payload that starts in one segment and ends in the next. */
static void test_across_segments(void)
{
	char text[301], back[400];
	struct unit_pair f;
	uint32_t slot;

	memset(text, 'q', 300);
	text[300] = 0;
	unit_pair_begin(&f, 0, NULL);
	for (uint32_t next = DS_FIRST_SLOT; next < DS_FIRST_SEGMENT_SLOTS - 3; next++)
		unit_put(&f.t, 1, DS_EV_ACCESS, next);
	slot = unit_put_string(&f.t, text);
	CU_ASSERT_EQUAL(slot, DS_FIRST_SEGMENT_SLOTS - 3);
	CU_ASSERT_EQUAL(f.t.extensions, 2);
	unit_pair_read(&f);
	CU_ASSERT_STRING_EQUAL(ds_trace_string(f.r, slot, back, sizeof(back)), text);
	unit_pair_end(&f);
}

static void test_growth(void)
{
	enum { N = 70000 }; /* many segments, several batches of the reader */
	struct unit_pair f;
	unsigned segments = 1;
	uint32_t previous = DS_FIRST_SLOT - 1;
	bool consecutive = true;

	unit_pair_begin(&f, 0, NULL);
	for (uint64_t i = 0; i < N; i++) {
		uint32_t slot = unit_put(&f.t, 1, DS_EV_ACCESS, i);

		consecutive &= slot == previous + 1;
		previous = slot;
	}
	CU_ASSERT_TRUE(consecutive);
	while (DS_FIRST_SEGMENT_SLOTS << (segments - 1) < N + DS_FIRST_SLOT)
		segments++;
	CU_ASSERT_EQUAL(f.t.extensions, segments); /* each doubles the file */
	CU_ASSERT_EQUAL(f.t.w.header->lost, 0);
	unit_pair_read(&f);
	CU_ASSERT_EQUAL(unit_count_in_order(f.r, 0), N);
	CU_ASSERT_EQUAL(ds_trace_torn(f.r), 0);
	unit_pair_end(&f);
}

/* Slots that were reserved and never committed: the writer was killed in between. */
static void test_torn(void)
{
	struct ds_event ev;
	struct unit_pair f;
	uint32_t slot;

	unit_pair_begin(&f, 0, NULL);
	unit_put(&f.t, 1, DS_EV_ACCESS, 0);
	atomic_fetch_add(&f.t.w.header->next, 3);
	slot = unit_put(&f.t, 1, DS_EV_ACCESS, 1);
	unit_pair_read(&f);
	CU_ASSERT_EQUAL(ds_trace_event(f.r, slot - 1, &ev), -ENOENT);
	CU_ASSERT_EQUAL(unit_count_in_order(f.r, 0), 2);
	CU_ASSERT_EQUAL(ds_trace_torn(f.r), 3);
	ds_trace_rewind(f.r);
	CU_ASSERT_EQUAL(ds_trace_torn(f.r), 0);
	CU_ASSERT_EQUAL(unit_count_in_order(f.r, 0), 2);
	CU_ASSERT_EQUAL(ds_trace_torn(f.r), 3);
	unit_pair_end(&f);
}

static void test_random_access(void)
{
	struct ds_event ev = {.a = 99};
	struct unit_pair f;
	uint32_t text;

	unit_pair_begin(&f, 0, NULL);
	text = unit_put_string(&f.t, "x");
	unit_pair_read(&f);
	CU_ASSERT_EQUAL(ds_trace_event(f.r, 0, &ev), -ENOENT);
	CU_ASSERT_EQUAL(ds_trace_event(f.r, DS_FIRST_SLOT - 1, &ev), -ENOENT);
	CU_ASSERT_EQUAL(ds_trace_event(f.r, text + 1, &ev), -ENOENT); /* a continuation */
	CU_ASSERT_EQUAL(ds_trace_event(f.r, text + 2, &ev), -ENOENT);
	CU_ASSERT_EQUAL(ds_trace_event(f.r, UINT32_MAX, &ev), -ENOENT);
	CU_ASSERT_EQUAL(ev.a, 99);
	ds_trace_close(NULL);
	unit_pair_end(&f);
}

CU_TestInfo unit_trace[] = {
	{"round trip", test_round_trip},
	{"header", test_header},
	{"payloads", test_payload},
	{"strings", test_string},
	{"payload across segments", test_across_segments},
	{"growth", test_growth},
	{"torn slots", test_torn},
	{"random access", test_random_access},
	CU_TEST_INFO_NULL,
};
