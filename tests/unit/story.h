/* SPDX-License-Identifier: MIT */
/*
 * Stories: events as rows, and the findings that they must raise as one line of text.
 *
 *	{"a write after QBUF", {{CAPTURE(1)}, {V4L2_MAP(1)}, {QUEUE(1)}, {WR(1)}}, "OWN01/error<claim"}
 *
 * A finding reads RULE/severity, then ~ (latent), +RULE for each of `also`, *N when counted more
 * than once, and <event for what forbade it.  Findings stand in the order of the result.
 */
#ifndef UNIT_STORY_H
#define UNIT_STORY_H

#include "tests/unit/unit.h"

#define STORY_STEPS 20
#define STORY_CALL  11 /* slot of the string "call" */

struct story {
	const char *name;
	struct ds_event step[STORY_STEPS]; /* ends with an all-zero row */
	const char *expect;
};

/* Beginning of the name of a story that was recorded with observe=1. */
#define STORY_OBSERVED "observe=1: "

/* How the process is dressed up; what must not matter for the result. */
struct story_process {
	const char *file; /* NULL = "1.trace" */
	const char *module;
	uint64_t base; /* where the module is loaded, 0 = 0x400000 */
	int pid;       /* 0 = 1 */
	uint64_t late; /* ns that are added to the times of all rows */
	bool killed;   /* the end of the process is not recorded */
	bool observe;
	bool unknown; /* no module is known where the code lies */
};

/*
 * Write one trace.  Row i has a stack of its own, two frames at base + 0x100 * (i + 1) and
 * base + 0x40; rows with equal .stack share one.  Row i is of thread i + 1, at (i + 1) us.
 */
void story_write(const char *dir, const struct ds_event *step, const struct story_process *as);

/* Analyse one story in a directory of its own; NULL (and a failed check) when that fails. */
struct ds_run *story_run(const struct ds_event *step);
struct ds_run *story_run_as(const struct ds_event *step, const struct story_process *as);

/* The line of a result. */
const char *story_render(const struct ds_run *run, char *buf, size_t size);

/* Run each story and check its line. */
void story_check(const struct story *story, unsigned stories);

/* ---- rows ---- */

#define EV_(type_, ...) .type = DS_EV_##type_, __VA_ARGS__
#define KIND_(kind)	(DS_KIND_##kind << DS_EVF_KIND_SHIFT)
#define V4L2_(n, type_, q)                                                    \
	EV_(BUFFER, .buffer = n, .flags = KIND_(V4L2), .actor = q, .b = 4096, \
	    .c = DS_V4L2_IDENTITY(type_, n, 0, 1))

/* buffers; numbers name buffers in every row below, and mappings of the same number show them */
#define CAPTURE(n)     V4L2_(n, 1, 1)
#define OUTPUT(n)      V4L2_(n, 2, 2)
#define HEAP(n)	       EV_(BUFFER, .buffer = n, .flags = KIND_(HEAP), .a = 1000 + n, .b = 4096)
#define UDMABUF(n)     EV_(BUFFER, .buffer = n, .flags = KIND_(UDMABUF), .a = 1000 + n, .b = 4096)
#define USERPTR(n)     EV_(BUFFER, .buffer = n, .flags = KIND_(USERPTR), .b = 4096, .c = 0x7000)
#define FOREIGN(n)     EV_(BUFFER, .buffer = n, .flags = KIND_(DMABUF) | DS_EVF_FOREIGN, .a = 1000 + n)
#define JOIN(n, other) EV_(ALIAS, .buffer = n, .a = 2000 + n, .b = other)

#define MAP(m, n, origin)                                                         \
	EV_(MAP, .buffer = n, .flags = DS_ORIGIN_##origin << DS_EVF_ORIGIN_SHIFT, \
	    .a = 0x10000u * m, .b = 4096, .d = m)
#define DMABUF_MAP(n)  MAP(n, n, DMABUF)
#define V4L2_MAP(n)    MAP(n, n, V4L2)
#define MEMFD_MAP(n)   MAP(n, n, MEMFD)
#define USERPTR_MAP(n) MAP(n, n, USERPTR)
#define DRM_MAP(n)     MAP(n, n, DRM)

/* hand-overs; queue 1 captures, queue 2 outputs */
#define CLAIM(n, q, index, use, promise) \
	EV_(CLAIM, .buffer = n, .actor = q, .a = index, .b = use, .c = promise)
#define QUEUE(n)		    CLAIM(n, 1, n, DS_DEVICE_WRITES, 0)
#define QUEUE_OUT(n)		    CLAIM(n, 2, n, DS_DEVICE_READS, 0)
#define IMPORT(n)		    CLAIM(n, 0, 0, 0, 0)
#define RELEASE(n, q, index, syncs) EV_(RELEASE, .buffer = n, .actor = q, .a = index, .b = syncs)
#define DEQUEUE(n)		    RELEASE(n, 1, n, 1) /* MMAP memory: synchronises */
#define DEQUEUE_OUT(n)		    RELEASE(n, 2, n, 1)
#define DEQUEUE_NOSYNC(n)	    RELEASE(n, 1, n, 0) /* DMABUF memory */

/* brackets; R, W or RW */
#define FLAG_R		DS_READ
#define FLAG_W		DS_WRITE
#define FLAG_RW		DS_RW
#define START(n, f)	EV_(SYNC, .buffer = n, .a = FLAG_##f)
#define FAIL(n, f, why) EV_(SYNC, .buffer = n, .a = FLAG_##f, .result = why)
#define END(n, f)	EV_(SYNC, .buffer = n, .a = FLAG_##f, .flags = DS_EVF_END)
#define END_FAIL(n, f, why) \
	EV_(SYNC, .buffer = n, .a = FLAG_##f, .flags = DS_EVF_END, .result = why)

/* accesses through mapping m of buffer n */
#define TOUCH(n, m, how, at) EV_(ACCESS, .buffer = n, .flags = how, .a = at, .b = 4, .c = m)
#define RD(n)		     TOUCH(n, n, DS_EVF_READ, 0x10)
#define WR(n)		     TOUCH(n, n, DS_EVF_WRITE, 0x20)
#define RW(n)		     TOUCH(n, n, DS_EVF_READ | DS_EVF_WRITE, 0x30)

/* observe=1: the first touch of a legal window */
#define SEE_RD(n)     TOUCH(n, n, DS_EVF_READ | DS_EVF_LEGAL, 0x10)
#define SEE_WR(n)     TOUCH(n, n, DS_EVF_WRITE | DS_EVF_LEGAL, 0x20)
#define SEE_EXACT(n)  TOUCH(n, n, DS_EVF_WRITE | DS_EVF_LEGAL | DS_EVF_EXACT, 0x20)
#define UNMAP(n)      EV_(UNMAP, .buffer = n, .d = n)
#define RD_GONE(n)    EV_(ACCESS, .buffer = n, .flags = DS_EVF_READ | DS_EVF_GONE, .b = 1)
#define MAP_LEFT(n)   EV_(MAP_LEFT, .buffer = n, .d = n)
#define UNGUARDED(n)  EV_(UNGUARDED, .buffer = n, .c = n)
#define DEVICE(q, no) EV_(DEVICE, .actor = q, .b = no)

/* framebuffers: head 7 of device 9 */
#define FRAMEBUFFER(n)	       EV_(BUFFER, .buffer = n, .flags = KIND_(DRM), .b = 4096)
#define SCANOUT(n, how)	       EV_(SCANOUT, .buffer = n, .actor = 9, .a = 7, .c = how)
#define PENDING(n)	       SCANOUT(n, DS_SCANOUT_PENDING | DS_SCANOUT_SEVERAL)
#define SHOWN(n)	       SCANOUT(n, DS_SCANOUT_SHOWN | DS_SCANOUT_SEVERAL)
#define ALONE(n)	       SCANOUT(n, DS_SCANOUT_SHOWN)
#define COPIED(n)	       SCANOUT(n, DS_SCANOUT_SHOWN | DS_SCANOUT_COPY)
#define HIDDEN(n)	       SCANOUT(n, 0)
#define FLUSH(n)	       EV_(FLUSH, .buffer = n, .actor = 9)
#define OBJECT(n, handle, how) EV_(SYNCOBJ, .buffer = n, .actor = 9, .a = handle, .flags = how)

/* descriptors and the end */
#define FD_OPEN(n)	      EV_(FD_OPEN, .buffer = n, .a = 7)
#define FD_CLOSE(n, last)     EV_(FD_CLOSE, .buffer = n, .a = 7, .b = last)
#define CLOSE_OF(n, fd)	      EV_(FD_CLOSE, .buffer = n, .a = fd)
#define FD_LEFT(n, inherited) EV_(FD_LEFT, .buffer = n, .a = 7, .b = inherited)
#define STALE_FD(n)	      EV_(STALE, .buffer = n, .a = 7, .c = DS_STALE_FD, .result = 9)
#define STALE_INDEX(n)	      EV_(STALE, .buffer = n, .b = 1, .c = DS_STALE_INDEX, .result = 22)
#define STALE_CLOSE(n)	      EV_(STALE, .buffer = n, .a = 7, .c = DS_STALE_CLOSE, .result = 9)
#define STALE_OTHER(n)	      EV_(STALE, .buffer = n, .a = 7, .c = DS_STALE_OTHER, .result = 25)
#define EXIT(status)	      EV_(EXIT, .a = status)

#endif
