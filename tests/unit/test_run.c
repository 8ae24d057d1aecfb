/* SPDX-License-Identifier: MIT */
/* Run directories: processes, launcher, host words, buffers and their names. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "tests/unit/story.h"

static const struct ds_event own02[STORY_STEPS] = {
	{CAPTURE(1)}, {V4L2_MAP(1)}, {QUEUE(1)}, {RD(1)}, {EXIT(5)}};
static const struct ds_event silent[STORY_STEPS] = {{HEAP(1)}, {EXIT(0)}};

static void test_no_run(void)
{
	struct ds_run *run = NULL;
	char dir[UNIT_PATH], path[UNIT_PATH + 32];

	CU_ASSERT_EQUAL(ds_run_open("/nonexistent/dmasan", &run), -ENOENT);
	CU_ASSERT_EQUAL(ds_run_open("/dev/null", &run), -ENOTDIR);
	unit_dir_make(dir);
	CU_ASSERT_EQUAL(ds_run_open(dir, &run), -ENOENT);
	snprintf(path, sizeof(path), "%s/notes.txt", dir);
	CU_ASSERT_TRUE(unit_file_write(path, "x", 1));
	CU_ASSERT_EQUAL(ds_run_open(dir, &run), -ENOENT);
	snprintf(path, sizeof(path), "%s/1.trace", dir);
	CU_ASSERT_TRUE(unit_file_write(path, "", 0));
	CU_ASSERT_EQUAL(ds_run_open(dir, &run), -EBADMSG);
	CU_ASSERT_PTR_NULL(run);
	ds_run_close(NULL);
	unit_dir_remove(dir);
}

/* Two processes are judged apart; one unreadable trace does not hide the others. */
static void test_processes(void)
{
	char dir[UNIT_PATH], path[UNIT_PATH + 32], line[256];
	struct ds_run *run;

	unit_dir_make(dir);
	story_write(dir, own02, &(struct story_process){.file = "1.trace", .pid = 1});
	story_write(dir, own02, &(struct story_process){.file = "2.trace", .pid = 2});
	snprintf(path, sizeof(path), "%s/3.trace", dir);
	CU_ASSERT_TRUE(unit_file_write(path, "no trace at all", 15));
	CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
	CU_ASSERT_EQUAL(run->processes, 2);
	CU_ASSERT_STRING_EQUAL(story_render(run, line, sizeof(line)),
			       "OWN02/error<claim OWN02/error<claim");
	CU_ASSERT_EQUAL(run->buffers, 2);
	CU_ASSERT(run->buffer[0].id == 1 && run->buffer[1].id == 2);
	CU_ASSERT_EQUAL_FATAL(run->unreadables, 1);
	CU_ASSERT(!strncmp(run->unreadable[0], "3.trace: not a dmasan trace", 27));
	CU_ASSERT(run->pid == 1 && run->exit_status == 5 && run->loaded);
	CU_ASSERT_STRING_EQUAL(run->process[0].comm, "story");
	ds_run_close(run);
	unit_dir_remove(dir);
}

static void write_launcher(const char *dir, const char *child, const char *status)
{
	struct ds_trace_header proto = {.pid = 99, .start_ns = 50, .arch = "launcher's"};
	struct unit_trace t = {.limit = 0};

	CU_ASSERT_EQUAL_FATAL(unit_trace_start(&t, dir, "launcher.trace", &proto), 0);
	unit_put_meta(&t, "argv", "one");
	unit_put_meta(&t, "argv", "two words");
	unit_put_meta(&t, "kernel", "6.12.0");
	unit_put_meta(&t, "options", "guard=off");
	unit_put_meta(&t, "child", child);
	unit_put_meta(&t, "exit_status", status);
	unit_put(&t, 1, DS_EV_MISSED, 1); /* the launcher's own events are no losses */
	unit_trace_finish(&t, true);
}

static void test_launcher(void)
{
	char dir[UNIT_PATH];
	struct ds_run *run;

	unit_dir_make(dir);
	story_write(dir, silent, &(struct story_process){.file = "1.trace", .pid = 1});
	story_write(dir, own02, &(struct story_process){.file = "2.trace", .pid = 2});
	write_launcher(dir, "2", "139");
	CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
	CU_ASSERT_EQUAL(run->processes, 3);
	CU_ASSERT_TRUE(run->process[0].launcher);
	CU_ASSERT_FALSE(run->process[1].launcher);
	CU_ASSERT(run->pid == 2 && run->loaded);
	CU_ASSERT_EQUAL(run->exit_status, 139); /* the launcher saw the signal */
	CU_ASSERT_EQUAL_FATAL(run->argc, 2);
	CU_ASSERT_STRING_EQUAL(run->argv[0], "one");
	CU_ASSERT_STRING_EQUAL(run->argv[1], "two words");
	CU_ASSERT_STRING_EQUAL(run->kernel, "6.12.0");
	CU_ASSERT_STRING_EQUAL(run->options, "guard=off");
	CU_ASSERT_STRING_EQUAL(run->arch, "launcher's");
	CU_ASSERT_EQUAL(run->process[0].missed, 0);
	ds_run_close(run);
	unit_dir_remove(dir);
}

/* The program that was started never loaded the library. */
static void test_not_loaded(void)
{
	char dir[UNIT_PATH];
	struct ds_run *run;

	unit_dir_make(dir);
	write_launcher(dir, "7", "0");
	CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
	CU_ASSERT_FALSE(run->loaded);
	CU_ASSERT_EQUAL(run->pid, 7);
	CU_ASSERT_EQUAL(ds_run_verdict(run), DS_TAINTED);
	ds_run_close(run);
	unit_dir_remove(dir);
}

static void test_statistics(void)
{
	static const struct ds_event step[STORY_STEPS] = {
		{HEAP(1)},
		{IMPORT(1)},
		{START(1, R)},
		{END(1, R)},
		{START(1, R)},
		{END(1, R)},
		{EV_(UNKNOWN_IOCTL, .a = 0x1234)},
		{EV_(UNKNOWN_IOCTL, .a = 0x1234)},
		{EV_(UNKNOWN_IOCTL, .a = 0x1234, .b = STORY_CALL)},
		{EXIT(0)}};
	struct ds_run *run = story_run(step);

	CU_ASSERT_PTR_NOT_NULL_FATAL(run);
	CU_ASSERT_EQUAL(run->stats.events[DS_EV_SYNC], 4);
	CU_ASSERT_EQUAL(run->stats.events[DS_EV_CLAIM], 1);
	CU_ASSERT_EQUAL_FATAL(run->unknowns, 2);
	CU_ASSERT(run->unknown[0].request == 0x1234 && run->unknown[0].count == 2);
	CU_ASSERT_STRING_EQUAL(run->unknown[0].fd_kind, "");
	CU_ASSERT_STRING_EQUAL(run->unknown[1].fd_kind, "call");
	CU_ASSERT_TRUE(run->process[0].ended);
	ds_run_close(run);
}

/* ---- names of buffers ---- */

static void check_name(const struct ds_event *buffer, bool device, const char *expected)
{
	struct ds_event step[STORY_STEPS] = {
		{EV_(DEVICE, .actor = 1, .a = device ? STORY_CALL : 0)}, *buffer};
	struct ds_run *run = story_run(step);
	char name[128], cut[8];

	CU_ASSERT_PTR_NOT_NULL_FATAL(run);
	CU_ASSERT_EQUAL_FATAL(run->buffers, 1);
	CU_ASSERT_STRING_EQUAL(ds_run_buffer_name(run, 0, name, sizeof(name)), expected);
	CU_ASSERT(!strncmp(ds_run_buffer_name(run, 0, cut, sizeof(cut)), expected, 7));
	CU_ASSERT_EQUAL(cut[7], 0);
	CU_ASSERT_STRING_EQUAL(ds_run_buffer_name(run, 1, name, sizeof(name)), "unknown buffer");
	ds_run_close(run);
}

#define ROW(...) (&(const struct ds_event){__VA_ARGS__})

static void test_names(void)
{
	check_name(ROW(CAPTURE(1)), true, "capture buffer 1 of call");
	check_name(ROW(V4L2_(3, 9, 1)), true, "capture buffer 3 of call");
	check_name(ROW(V4L2_(3, 2, 1)), false, "output buffer 3");
	check_name(ROW(V4L2_(3, 10, 9)), true, "output buffer 3");
	check_name(ROW(V4L2_(3, 99, 1)), true, "V4L2 buffer 3 of call");
	check_name(ROW(EV_(BUFFER, .buffer = 1, .flags = KIND_(V4L2), .actor = 1,
			   .c = DS_V4L2_IDENTITY(13, 70000, 2, 1))),
		   true, "metadata capture buffer 70000 plane 2 of call");
	check_name(ROW(USERPTR(1)), true, "user memory at 0x7000");
	check_name(ROW(HEAP(1)), true, "dma-buf 1001");
	check_name(ROW(EV_(BUFFER, .buffer = 1, .flags = KIND_(HEAP), .a = 17, .d = STORY_CALL)),
		   true, "dma-buf 17 (call)");
	CU_ASSERT_STRING_EQUAL(ds_kind_name(DS_KIND_UDMABUF), "udmabuf");
	CU_ASSERT_STRING_EQUAL(ds_kind_name(DS_KIND_MAX), "buffer");
}

/* Numbers with gaps, far beyond the first table: all are listed, once each. */
static void test_buffer_list(void)
{
	static const struct ds_event step[STORY_STEPS] = {
		{HEAP(3)},    {HEAP(1)},      {HEAP(70)},   {HEAP(5000)},
		{IMPORT(70)}, {IMPORT(5000)}, {JOIN(3, 1)}, {IMPORT(1)}};
	static const uint32_t numbers[] = {3, 1, 70, 5000};
	struct ds_run *run = story_run(step);

	CU_ASSERT_PTR_NOT_NULL_FATAL(run);
	CU_ASSERT_EQUAL_FATAL(run->buffers, 4);
	for (unsigned i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(run->buffer[i].number, numbers[i]);
		CU_ASSERT_EQUAL(run->buffer[i].id, i + 1);
		CU_ASSERT_EQUAL(run->buffer[i].inode, 1000 + numbers[i]);
	}
	ds_run_close(run);
}

CU_TestInfo unit_run[] = {
	{"no run", test_no_run},
	{"processes", test_processes},
	{"launcher", test_launcher},
	{"library not loaded", test_not_loaded},
	{"statistics", test_statistics},
	{"names of buffers", test_names},
	{"list of buffers", test_buffer_list},
	CU_TEST_INFO_NULL,
};
