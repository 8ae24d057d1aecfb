/* SPDX-License-Identifier: MIT */
/* What is called *.trace and is none: other headers, other kinds of files. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/unit/story.h"

struct fixture {
	char dir[UNIT_PATH];
	char path[UNIT_PATH + 32];
	uint8_t *bytes;
	size_t size;
};

static void begin(struct fixture *f)
{
	static const struct ds_event step[STORY_STEPS] = {{HEAP(1)}};

	unit_dir_make(f->dir);
	snprintf(f->path, sizeof(f->path), "%s/1.trace", f->dir);
	story_write(f->dir, step, &(struct story_process){.file = NULL});
	CU_ASSERT_TRUE_FATAL(unit_file_read(f->path, &f->bytes, &f->size));
}

static void end(struct fixture *f)
{
	free(f->bytes);
	unit_dir_remove(f->dir);
}

static int open_changed(const struct fixture *f, size_t at, uint8_t value)
{
	struct ds_trace_reader *r = NULL;
	uint8_t was = f->bytes[at];
	int e;

	f->bytes[at] = value;
	CU_ASSERT_TRUE(unit_file_write(f->path, f->bytes, f->size));
	e = ds_trace_open(f->path, &r);
	ds_trace_close(r);
	f->bytes[at] = was;
	return e;
}

static void test_headers(void)
{
	struct fixture f;

	begin(&f);
	for (size_t i = 0; i < 8; i++)
		CU_ASSERT_EQUAL(open_changed(&f, offsetof(struct ds_trace_header, magic) + i, 'x'),
				-EBADMSG);
	for (size_t i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(open_changed(&f, offsetof(struct ds_trace_header, version) + i, 9),
				-EPROTO);
		CU_ASSERT_EQUAL(
			open_changed(&f, offsetof(struct ds_trace_header, byte_order) + i, 9),
			-EPROTO);
		CU_ASSERT_EQUAL(
			open_changed(&f, offsetof(struct ds_trace_header, slot_bytes) + i, 9),
			-EPROTO);
		CU_ASSERT_EQUAL(
			open_changed(&f, offsetof(struct ds_trace_header, header_bytes) + i, 9),
			-EPROTO);
	}
	CU_ASSERT_EQUAL(open_changed(&f, offsetof(struct ds_trace_header, pid), 9), 0);
	end(&f);
}

static void interrupt(int sig)
{
	(void)sig;
}

/* An open that waits is a failure, not a test that never ends. */
static int open_in_time(const char *path)
{
	struct sigaction act = {.sa_handler = interrupt}, old;
	struct ds_trace_reader *r = NULL;
	int e;

	sigaction(SIGALRM, &act, &old);
	alarm(5);
	e = ds_trace_open(path, &r);
	alarm(0);
	sigaction(SIGALRM, &old, NULL);
	ds_trace_close(r);
	return e;
}

/* Whatever is called *.trace: it is listed as unreadable, and nothing waits for it. */
static void test_not_files(void)
{
	char path[UNIT_PATH + 32];
	struct ds_run *run;
	struct fixture f;

	begin(&f);
	snprintf(path, sizeof(path), "%s/2.trace", f.dir);
	CU_ASSERT_EQUAL(open_in_time(path), -ENOENT);
	CU_ASSERT_EQUAL_FATAL(mkfifo(path, 0600), 0);
	CU_ASSERT_EQUAL(open_in_time(path), -EBADMSG);
	CU_ASSERT_EQUAL(open_in_time(f.dir), -EBADMSG);
	unlink(path);
	CU_ASSERT_EQUAL_FATAL(symlink(f.path, path), 0);
	CU_ASSERT_EQUAL(open_in_time(path), -ELOOP);
	CU_ASSERT_EQUAL_FATAL(ds_run_open(f.dir, &run), 0);
	CU_ASSERT_EQUAL(run->processes, 1);
	CU_ASSERT_EQUAL(run->unreadables, 1);
	ds_run_close(run);
	end(&f);
}

CU_TestInfo unit_trace_file[] = {
	{"headers of something else", test_headers},
	{"no regular files", test_not_files},
	CU_TEST_INFO_NULL,
};
