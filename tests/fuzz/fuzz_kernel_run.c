/* SPDX-License-Identifier: MIT */
/*
 * A recording of the kernel's side from a stranger, beside two whole traces: joined with what the program did, judged,
 * laid out in time (core/kernel_*.c, timeline_kernel.c), and written as a report of each kind.
 *
 * Process 7 has a heap buffer (inode 5) that it writes to while a device has it, and a V4L2 buffer without an inode.
 */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/event.h"
#include "core/run.h"
#include "core/trace.h"
#include "fuzz.h"
#include "report/report.h"

#define IMAGE_BYTES (DS_FIRST_SEGMENT_SLOTS * sizeof(struct ds_event))

static uint8_t image[IMAGE_BYTES];

static int extend(void *ctx, uint64_t old_size, uint64_t size)
{
	(void)ctx;
	(void)old_size;
	return size > sizeof(image) ? -1 : 0;
}

static int map(void *ctx, uint64_t offset, size_t length, void **ret)
{
	(void)ctx;
	(void)length;
	*ret = image + offset;
	return 0;
}

static void start(struct ds_trace_writer *w, int pid, const char *comm)
{
	static const struct ds_trace_io io = {.extend = extend, .map = map};
	struct ds_trace_header proto = {
		.pid = pid, .start_ns = 1, .arch = "x86_64", .features = DS_FEATURE_GUARD};

	memcpy(proto.comm, comm, strlen(comm));
	memset(image, 0, sizeof(image));
	if (ds_trace_start(w, &io, &proto))
		abort();
}

static uint32_t text(struct ds_trace_writer *w, const char *s)
{
	struct ds_event head = {.type = DS_EV_STRING, .a = strlen(s), .tid = 7};

	return ds_trace_put_payload(w, &head, s, strlen(s));
}

static void finish(struct ds_trace_writer *w, const char *name)
{
	atomic_store(&w->header->ended, 1);
	fuzz_directory(name, image, atomic_load(&w->header->next) * sizeof(struct ds_event));
}

static void write_program(void)
{
	static const struct ds_event events[] = {
		{.type = DS_EV_BUFFER,
		 .buffer = 1,
		 .flags = DS_KIND_HEAP << DS_EVF_KIND_SHIFT,
		 .a = 5,
		 .b = 4096},
		{.type = DS_EV_BUFFER,
		 .buffer = 2,
		 .flags = DS_KIND_V4L2 << DS_EVF_KIND_SHIFT,
		 .actor = 1,
		 .b = 4096,
		 .c = DS_V4L2_IDENTITY(1, 0, 0, 1)},
		{.type = DS_EV_MAP, .buffer = 1, .a = 0x10000, .b = 4096, .d = 1},
		{.type = DS_EV_CLAIM, .buffer = 1, .actor = 1, .b = DS_DEVICE_WRITES},
		{.type = DS_EV_ACCESS, .buffer = 1, .flags = DS_EVF_WRITE, .a = 8, .b = 4, .c = 1},
		{.type = DS_EV_RELEASE, .buffer = 1, .actor = 1, .b = 1},
		{.type = DS_EV_EXIT},
	};
	struct ds_trace_writer w;
	struct ds_event device = {.type = DS_EV_DEVICE, .tid = 7, .actor = 1, .b = 0x5100, .c = 1};

	start(&w, 7, "camera");
	device.a = text(&w, "/dev/video0");
	ds_trace_put(&w, &device);
	for (unsigned i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct ds_event ev = events[i];

		ev.tid = 7;
		ev.time_ns = (i + 1) * 10000;
		ds_trace_put(&w, &ev);
	}
	finish(&w, "7.trace");
}

/* The launcher's trace says what was recorded: one program, or the whole system. */
static void write_launcher(const char *recording)
{
	const char *const words[][2] = {{"kernel_asked", "1"},
					{"recording", recording},
					{"child", "7"},
					{"exit_status", "0"}};
	struct ds_trace_writer w;

	start(&w, 6, "dmasan");
	for (unsigned i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct ds_event meta = {.type = DS_EV_META, .tid = 6};

		meta.a = text(&w, words[i][0]);
		meta.b = text(&w, words[i][1]);
		ds_trace_put(&w, &meta);
	}
	finish(&w, "launcher.trace");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int recorded = -1;
	unsigned choice = size ? data[size - 1] : 0; /* of report and recording */
	int system = (int)(choice >> 5 & 1);
	struct ds_run *run;

	if (recorded < 0)
		write_program();
	if (recorded != system)
		write_launcher(system ? "system" : "program");
	recorded = system;
	if (ds_run_open(fuzz_directory("kernel.lines", data, size), &run))
		abort(); /* the traces are whole, whatever the lines are */
	if (!ds_report_prepare(run, NULL))
		fuzz_reports(run, choice);
	ds_run_close(run);
	return 0;
}
