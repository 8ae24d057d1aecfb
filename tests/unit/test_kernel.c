/* SPDX-License-Identifier: MIT */
/* Recordings of the kernel's side, made to order, and what they are judged as. */
#include <stdio.h>
#include <string.h>

#include "tests/unit/story.h"

#define K(us, event, fields) "K " #us "000 " event " 7 7 " fields " comm=driver\n"
#define ALL		     "E 99000\n"
#define MAP_SG(us)	     K(us, "dma-map-sg", "dev=d obj=a0 n=4 dir=2 attrs=0 ret=0")
#define UNMAP_SG(us, n, dir) K(us, "dma-unmap-sg", "dev=d obj=a0 n=" #n " dir=" #dir " attrs=0")
#define EXPORT(us)	     K(us, "export", "ino=5 bytes=4096 exp=e")
#define ATTACH(us)	     K(us, "attach", "ino=5 obj=b0 dev=d")
#define DETACH(us)	     K(us, "detach", "ino=5 obj=b0 dev=d")
#define RELEASE_(us)	     K(us, "release", "ino=5")
#define MMAP(us, prot)	     K(us, "mmap", "ino=5 bytes=4096 prot=" #prot " ret=0")

#define MAP_(us, effect) K(us, "map", "ino=5 obj=b0 dev=d dir=2 ret=0 effect=" #effect)
#define UNMAP_(us)	 K(us, "unmap", "ino=5 obj=b0 dev=d dir=2")
#define ROUND_(e)	 MAP_(3, e) UNMAP_(3)
#define FOUR(e)		 ROUND_(e) ROUND_(e) ROUND_(e) ROUND_(e)
#define BOUNCE(us, dev)	 K(us, "bounce", "dev=" #dev " addr=100 bytes=512 dir=1")

static const struct {
	const char *name, *lines, *rules;
} recordings[] = {
	{"mapped and unmapped", MAP_SG(1) UNMAP_SG(2, 4, 2) ALL, ""},
	{"unmapped twice", MAP_SG(1) UNMAP_SG(2, 4, 2) UNMAP_SG(3, 4, 2) ALL, "KRN01 "},
	{"from before the recording", UNMAP_SG(2, 4, 2) ALL, ""},
	{"another direction", MAP_SG(1) UNMAP_SG(2, 4, 1) ALL, "KRN02 "},
	{"another count", MAP_SG(1) UNMAP_SG(2, 3, 2) ALL, "KRN02 "},
	{"out of order", UNMAP_SG(2, 4, 2) MAP_SG(1) ALL, ""},
	{"lost events", MAP_SG(1) UNMAP_SG(2, 4, 2) UNMAP_SG(3, 4, 2) "Lost 3 events\n" ALL, ""},
	{"given up", EXPORT(1) ATTACH(2) DETACH(3) RELEASE_(4) ALL, ""},
	{"still attached", EXPORT(1) ATTACH(2) RELEASE_(4) ALL, "KRN05 "},
	{"views alike", EXPORT(1) MMAP(2, 8000000000000027) MMAP(3, 8000000000000025) ALL, ""},
	{"mapped for each of nine frames", EXPORT(1) ATTACH(2) FOUR(1) FOUR(1) ROUND_(1) ALL,
	 "ADV04 "},
	{"for eight", EXPORT(1) ATTACH(2) FOUR(1) FOUR(1) ALL, ""},
	{"the exporter keeps the mapping", EXPORT(1) ATTACH(2) FOUR(2) FOUR(2) ROUND_(2) ALL, ""},
	{"two importers of one device take turns",
	 EXPORT(1) ATTACH(2) MAP_(3, 1) FOUR(1) FOUR(1) ROUND_(1) UNMAP_(4) ALL, ""},
	{"copies for a device with a buffer", EXPORT(1) ATTACH(2) BOUNCE(3, d) BOUNCE(4, d) ALL,
	 "ADV05 "},
	{"copies for another device", EXPORT(1) ATTACH(2) BOUNCE(3, disk) ALL, ""},
	{"copies after it has let go", EXPORT(1) ATTACH(2) DETACH(3) BOUNCE(4, d) ALL, ""},
	{"cached and write-combined", EXPORT(1) MMAP(2, 27) MMAP(3, 2f) ALL, "KRN07 "},
};

static void write_recording(const char *dir, const char *lines)
{
	struct ds_trace_header proto = {
		.pid = 1, .comm = "dmasan", .arch = "x86_64", .start_ns = 1};
	struct unit_trace t = {.limit = 0};
	char path[UNIT_PATH + 16];
	FILE *f;

	CU_ASSERT_EQUAL_FATAL(unit_trace_start(&t, dir, "launcher.trace", &proto), 0);
	unit_put_meta(&t, "recording", "system");
	unit_put_meta(&t, "kernel_asked", "1");
	unit_trace_finish(&t, true);
	snprintf(path, sizeof(path), "%s/kernel.lines", dir);
	f = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(f);
	fprintf(f, "# dmasan kernel lines\nA sync\nV 1 1\nR attached\n%s", lines);
	fclose(f);
}

static void test_recordings(void)
{
	for (size_t i = 0; i < sizeof(recordings) / sizeof(recordings[0]); i++) {
		char dir[UNIT_PATH], rules[256] = "";
		struct ds_run *run;
		int r;

		unit_dir_make(dir);
		write_recording(dir, recordings[i].lines);
		r = ds_run_open(dir, &run);
		UNIT_CHECK(!r, "%s: ds_run_open: %d", recordings[i].name, r);
		for (unsigned k = 0; !r && k < run->findings; k++) {
			strcat(rules, ds_rule(run->finding[k]->rule)->id);
			strcat(rules, " ");
		}
		UNIT_CHECK(!strcmp(rules, recordings[i].rules), "%s: found \"%s\", expected \"%s\"",
			   recordings[i].name, rules, recordings[i].rules);
		if (!r) {
			CU_ASSERT(run->kernel_side.complete);
			ds_run_close(run);
		}
		unit_dir_remove(dir);
	}
}

/* A recording that was cut off, or lost something, taints; one that is whole does not. */
static void test_honesty(void)
{
	static const struct {
		const char *lines;
		enum ds_verdict verdict;
	} ends[] = {
		{MAP_SG(1) ALL, DS_CLEAN},
		{MAP_SG(1), DS_TAINTED},
		{MAP_SG(1) "Lost 3 events\n" ALL, DS_TAINTED},
		{MAP_SG(1) "K 2000 dma-unmap-sg 7\n" ALL, DS_TAINTED},
	};

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		char dir[UNIT_PATH];
		struct ds_run *run;

		unit_dir_make(dir);
		write_recording(dir, ends[i].lines);
		CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
		UNIT_CHECK(ds_run_verdict(run) == ends[i].verdict, "row %u", (unsigned)i);
		ds_run_close(run);
		unit_dir_remove(dir);
	}
}

/* A taint taints, however many harmless sentences stand before it. */
static void test_many_sentences(void)
{
	struct ds_run *run;
	char dir[UNIT_PATH];

	unit_dir_make(dir);
	write_recording(dir, MAP_SG(1));
	for (int pid = 1000; pid < 1080; pid++) {
		struct ds_trace_header proto = {.pid = pid, .comm = "quiet", .start_ns = 1};
		struct unit_trace t = {.limit = 0};
		char name[32];

		snprintf(name, sizeof(name), "%d.trace", pid);
		CU_ASSERT_EQUAL_FATAL(unit_trace_start(&t, dir, name, &proto), 0);
		unit_put(&t, 1, DS_EV_EXIT, 0);
		unit_trace_finish(&t, true);
	}
	CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
	CU_ASSERT(ds_run_blind_spots(run, NULL, 0) > 80);
	CU_ASSERT_EQUAL(ds_run_verdict(run), DS_TAINTED);
	ds_run_close(run);
	unit_dir_remove(dir);
}

#define NAMED(name) "K 1000 export 7 7 ino=5 bytes=4096 exp=e name=" name "\n"

/* A process calls itself what looks like a line of the recording: it stays the name of a process. */
static void test_forged(void)
{
	static const struct {
		const char *lines, *comm;
		bool complete;
	} rows[] = {
		{NAMED("camera         ") ALL, "camera", true},
		{NAMED("a\nLost 9 events") ALL, "a?Lost 9 events", true},
		{NAMED("\nE 99          "), "?E 99", false},
		{NAMED("b\nK 2 put 1 1\n ") ALL, "b?K 2 put 1 1?", true},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char dir[UNIT_PATH];
		struct ds_run *run;

		unit_dir_make(dir);
		write_recording(dir, rows[i].lines);
		CU_ASSERT_EQUAL_FATAL(ds_run_open(dir, &run), 0);
		UNIT_CHECK(run->kernel_side.complete == rows[i].complete, "row %u: end",
			   (unsigned)i);
		UNIT_CHECK(!run->kernel_side.lost && !run->kernel_side.bad, "row %u: a line more",
			   (unsigned)i);
		UNIT_CHECK(run->kernel_side.users == 1 &&
				   !strcmp(run->kernel_side.user[0].comm, rows[i].comm),
			   "row %u: the name", (unsigned)i);
		ds_run_close(run);
		unit_dir_remove(dir);
	}
}

CU_TestInfo unit_kernel[] = {
	{"recordings", test_recordings},
	{"honesty", test_honesty},
	{"many sentences", test_many_sentences},
	{"forged lines", test_forged},
	CU_TEST_INFO_NULL,
};
