/* SPDX-License-Identifier: MIT */
/* Traces that were cut, changed or made up: an error or an incomplete result, never a crash. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/hash.h"
#include "tests/unit/story.h"

#define VARIANTS 4000

/* A bit of everything that the analyser looks at. */
static const struct ds_event everything[STORY_STEPS] = {
	{EV_(DEVICE, .actor = 1, .a = STORY_CALL, .b = 0x5100, .c = 1)},
	{CAPTURE(1)},
	{HEAP(2)},
	{V4L2_MAP(1)},
	{DMABUF_MAP(2)},
	{QUEUE(1)},
	{RW(1)},
	{JOIN(2, 1)},
	{START(2, R)},
	{WR(2)},
	{DEQUEUE_NOSYNC(1)},
	{RD(2), .d = STORY_CALL},
	{FAIL(2, W, EINTR)},
	{START(2, W)},
	{EV_(BUILD_ID, .a = 20, .b = 1, .c = 2, .d = 3)},
	{FD_OPEN(2)},
	{EV_(UNKNOWN_IOCTL, .a = 0x5678, .b = STORY_CALL)},
	{STALE_FD(2)},
	{FD_LEFT(2, 0)},
	{EXIT(0)},
};

struct fixture {
	char dir[UNIT_PATH];
	char path[UNIT_PATH + 32];
	uint8_t *bytes;
	size_t size;
};

static void begin(struct fixture *f)
{
	unit_dir_make(f->dir);
	snprintf(f->path, sizeof(f->path), "%s/1.trace", f->dir);
	story_write(f->dir, everything, &(struct story_process){.file = NULL});
	CU_ASSERT_TRUE_FATAL(unit_file_read(f->path, &f->bytes, &f->size));
}

static void end(struct fixture *f)
{
	free(f->bytes);
	unit_dir_remove(f->dir);
}

/* Everything that a report would ask of a result. */
static void use(struct ds_run *run)
{
	struct ds_blind spots[32];
	char text[512];

	ds_run_tokens(run);
	story_render(run, text, sizeof(text));
	ds_run_verdict(run);
	ds_run_blind_spots(run, spots, 32);
	for (uint32_t i = 0; i < run->buffers; i++)
		ds_run_buffer_name(run, i, text, sizeof(text));
	for (unsigned i = 0; i < run->findings; i++)
		CU_ASSERT_PTR_NOT_NULL(run->finding[i]->access.what);
}

static int analyse(const struct fixture *f)
{
	struct ds_run *run = NULL;
	int r = ds_run_open(f->dir, &run);

	if (!r)
		use(run);
	ds_run_close(run);
	return r;
}

static void test_valid(void)
{
	struct ds_run *run;
	char line[512];
	struct fixture f;

	begin(&f);
	CU_ASSERT_EQUAL_FATAL(ds_run_open(f.dir, &run), 0);
	CU_ASSERT_STRING_EQUAL(
		story_render(run, line, sizeof(line)),
		"OWN01/error<claim OWN01/error+SYN03<claim OWN02/error<claim SYN02/error<sync "
		"SYN05/error<sync LIF02/warning<fd-open LIF05/warning");
	ds_run_close(run);
	end(&f);
}

/* ---- files that end early ---- */

/* Events that lie wholly inside the first `size` bytes. */
static uint64_t events_within(const struct fixture *f, size_t size)
{
	uint64_t n = 0;

	for (size_t at = DS_HEADER_BYTES; at + 64 <= size; at += 64) {
		uint16_t type;

		memcpy(&type, f->bytes + at, sizeof(type));
		n += type != DS_EV_NONE && type != DS_EV_CONT;
	}
	return n;
}

static uint64_t events_read(struct ds_trace_reader *r)
{
	struct ds_event ev;
	uint32_t slot;
	uint64_t n = 0;
	char text[64];
	int e;

	while ((e = ds_trace_next(r, &ev, &slot)) > 0) {
		n++;
		ds_trace_string(r, slot, text, sizeof(text));
	}
	CU_ASSERT_EQUAL(e, 0);
	return n;
}

static void test_truncated(void)
{
	struct ds_trace_reader *r;
	struct fixture f;

	begin(&f);
	for (size_t size = f.size; size-- > 0;) {
		int e;

		CU_ASSERT_EQUAL_FATAL(truncate(f.path, (off_t)size), 0);
		e = ds_trace_open(f.path, &r);
		if (size < sizeof(struct ds_trace_header)) {
			UNIT_CHECK(e == -EBADMSG, "%zu bytes: %d", size, e);
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(e, 0);
		UNIT_CHECK(events_read(r) == events_within(&f, size), "%zu bytes", size);
		ds_trace_close(r);
		if (size % 8 == 0)
			UNIT_CHECK(!analyse(&f), "%zu bytes", size);
	}
	CU_ASSERT_EQUAL(analyse(&f), -EBADMSG);
	end(&f);
}

/* The file is cut while it is being read. */
static void test_cut_while_open(void)
{
	struct ds_trace_reader *r;
	struct ds_event ev;
	struct fixture f;
	uint32_t slot;

	begin(&f);
	CU_ASSERT_EQUAL_FATAL(ds_trace_open(f.path, &r), 0);
	CU_ASSERT_EQUAL_FATAL(truncate(f.path, DS_HEADER_BYTES + 64), 0);
	CU_ASSERT_EQUAL(ds_trace_next(r, &ev, &slot), 1);
	CU_ASSERT_EQUAL(ds_trace_next(r, &ev, &slot), 0);
	CU_ASSERT_EQUAL(ds_trace_event(r, DS_FIRST_SLOT + 5, &ev), -ENOENT);
	ds_trace_close(r);
	end(&f);
}

/* ---- changed bytes ---- */

static uint64_t next_random(uint64_t *seed)
{
	return *seed = ds_hash_u64(*seed, 1);
}

/* Change up to eight bytes behind the magic, often to small values: those pass more checks. */
static void spoil(uint8_t *bytes, size_t size, uint64_t *seed)
{
	unsigned n = 1 + next_random(seed) % 8;

	while (n--) {
		size_t at = 8 + next_random(seed) % (size - 8);
		uint64_t value = next_random(seed);

		bytes[at] = (uint8_t)(value & 256 ? value % 32 : value);
	}
}

static void test_corrupted(void)
{
	uint64_t seed = DS_HASH_INIT;
	unsigned readable = 0;
	struct fixture f;
	uint8_t *bytes;

	begin(&f);
	bytes = malloc(f.size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
	for (unsigned i = 0; i < VARIANTS; i++) {
		memcpy(bytes, f.bytes, f.size);
		spoil(bytes, f.size, &seed);
		CU_ASSERT_TRUE_FATAL(unit_file_write(f.path, bytes, f.size));
		readable += !analyse(&f);
	}
	UNIT_CHECK(readable > VARIANTS / 2, "only %u variants were read at all", readable);
	free(bytes);
	end(&f);
}

/* The kernel's lines are judged as events of a type that no trace may have. */
static void test_kernel_type(void)
{
	struct fixture f;
	const uint16_t type = DS_EV_KERNEL;

	begin(&f);
	for (size_t at = DS_HEADER_BYTES; at + 64 <= f.size; at += 64) {
		uint16_t was;

		memcpy(&was, f.bytes + at, sizeof(was));
		if (was == DS_EV_NONE)
			continue;
		memcpy(f.bytes + at, &type, sizeof(type));
		CU_ASSERT_TRUE_FATAL(unit_file_write(f.path, f.bytes, f.size));
		CU_ASSERT_EQUAL(analyse(&f), 0);
		memcpy(f.bytes + at, &was, sizeof(was));
	}
	end(&f);
}

/* Peak memory so far, in MiB. */
static long peak(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return use.ru_maxrss / 1024;
}

/* One record that names a number far away must not fill the memory. */
static void test_huge_numbers(void)
{
	static const struct ds_event step[STORY_STEPS] = {{HEAP(0xfffff)},
							  {MAP(0xfffff, 0xfffff, DMABUF)},
							  {WR(0xfffff)},
							  {EV_(DEVICE, .actor = 0xfffff)},
							  {EXIT(0)}};
	static const struct ds_event beyond[STORY_STEPS] = {
		{HEAP(0x100000)},
		{HEAP(UINT32_MAX)},
		{MAP(0x100000, 1, DMABUF)},
		{EV_(MAP, .buffer = 1, .d = UINT64_MAX)},
		{EV_(DEVICE, .actor = UINT32_MAX)},
		{HEAP(0)}};
	long before = peak();
	struct ds_run *run = story_run(step);
	char line[64];

	CU_ASSERT_PTR_NOT_NULL_FATAL(run);
	CU_ASSERT_STRING_EQUAL(story_render(run, line, sizeof(line)), "SYN01/warning~");
	ds_run_close(run);
	UNIT_CHECK(peak() - before < 250, "%ld MiB", peak() - before);
	run = story_run(beyond);
	CU_ASSERT_PTR_NOT_NULL_FATAL(run);
	CU_ASSERT_EQUAL(run->process[0].torn, 6); /* all of them are corrupt */
	CU_ASSERT_EQUAL(run->buffers, 0);
	ds_run_close(run);
}

CU_TestInfo unit_trace_hostile[] = {
	{"the trace that is spoiled is valid", test_valid},
	{"cut at every length", test_truncated},
	{"cut while it is open", test_cut_while_open},
	{"changed bytes", test_corrupted},
	{"the type of the kernel's lines", test_kernel_type},
	{"huge numbers", test_huge_numbers},
	CU_TEST_INFO_NULL,
};
