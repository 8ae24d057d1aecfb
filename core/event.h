/* SPDX-License-Identifier: MIT */
/*
 * The record that crosses from the recorder to the analyser: one 64-byte slot.
 *
 * Layout is the file format (docs/run-directory.md).  Fields are only ever given a meaning, never
 * moved; a new event type is a row of event.def.
 */
#ifndef DS_CORE_EVENT_H
#define DS_CORE_EVENT_H

#include <stdint.h>

enum ds_event_type {
	DS_EV_NONE = 0, /* a slot that was never committed */
#define EV(num, name, text, a, b, c, d) DS_EV_##name = num,
#include "core/event.def"
#undef EV
	DS_EV_MAX,
	DS_EV_KERNEL = 0x7fff, /* in no trace: a line of kernel.lines, for rules */
};

/* ds_event.flags of an ACCESS, SYNC, MAP or BUFFER event */
enum {
	DS_EVF_READ = 1 << 0,	   /* ACCESS: the CPU read; BUFFER, MAP: unused */
	DS_EVF_WRITE = 1 << 1,	   /* ACCESS: the CPU wrote */
	DS_EVF_END = 1 << 2,	   /* SYNC: END (else START) */
	DS_EVF_FOREIGN = 1 << 3,   /* BUFFER: not born in this process: inherited or received */
	DS_EVF_LEGAL = 1 << 4,	   /* ACCESS: first touch of a legal window (observe=1) */
	DS_EVF_GONE = 1 << 5,	   /* ACCESS: to memory that was unmapped; c is no mapping */
	DS_EVF_EXACT = 1 << 6,	   /* ACCESS: a read after this write would have been seen */
	DS_EVF_FENCE_IN = 1 << 0,  /* SYNCOBJ: the handle has a fence of the buffer now */
	DS_EVF_DESTROYED = 1 << 1, /* SYNCOBJ: the handle is gone */
	/* COHERENCY: `differ` lines of the buffer ... */
	DS_EVF_CPU_STALE = 1 << 0,    /* ... are not what the device wrote, to the program */
	DS_EVF_DEVICE_STALE = 1 << 1, /* ... are not what the program wrote, to the device */
	DS_EVF_LOST = 1 << 2,	      /* ... held stores that were thrown away */
	DS_EVF_ORIGIN_SHIFT = 8,      /* MAP, ACCESS: enum ds_origin in bits 8..11 */
	DS_EVF_KIND_SHIFT = 8,	      /* BUFFER: enum ds_buffer_kind in bits 8..11 */
};

enum ds_buffer_kind {
	DS_KIND_DMABUF,
	DS_KIND_HEAP,
	DS_KIND_UDMABUF,
	DS_KIND_V4L2,
	DS_KIND_USERPTR,
	DS_KIND_DRM,
	DS_KIND_SG, /* in no trace: an sg list of a driver */
	DS_KIND_MAX
};

/* STALE.c: what was stale */
enum ds_stale {
	DS_STALE_FD = 1,
	DS_STALE_INDEX = 2,
	DS_STALE_CLOSE = 3, /* closed again */
	DS_STALE_OTHER = 4  /* the number is another file's by now */
};

/* SCANOUT.c: what a head does with the framebuffer; 0 = no longer shown */
enum {
	DS_SCANOUT_PENDING = 1, /* a flip to it was requested */
	DS_SCANOUT_SHOWN = 2,
	DS_SCANOUT_SEVERAL = 4, /* the program shows several in turn on this head */
	DS_SCANOUT_COPY = 8,	/* what is shown is a copy, made now and at DIRTYFB */
};

/* CLAIM.c: beside the rights that were promised (DS_RW) */
enum {
	DS_CLAIM_HINTS = 4,  /* the queue takes cache hints */
	DS_CLAIM_NOCLEAN = 8 /* what the CPU wrote before is not cleaned from its caches */
};

/* SHADOW.c: does the program see a shadow of the buffer (option coherency)? */
enum ds_shadow_how { DS_SHADOW_MADE = 1, DS_SHADOW_NOT_NEEDED = 2, DS_SHADOW_REFUSED = 3 };

/* UNTRACED.a: why a program that was started cannot be observed; the numbers are on disk */
enum ds_untraced {
	DS_UNTRACED_NOT_STARTED = 0, /* the call failed: takes back the last one of this name */
	DS_UNTRACED_STATIC = 1,
	DS_UNTRACED_MACHINE = 2,
	DS_UNTRACED_SETUID = 3,
	DS_UNTRACED_ENVIRONMENT = 4, /* started without LD_PRELOAD */
	DS_UNTRACED_KINDS
};

/* MISSED.a: why an event could not be recorded with certainty; all but RING taint the verdict */
enum ds_missed {
	DS_MISSED_REENTRY = 1,
	DS_MISSED_TABLE_FULL = 2,
	DS_MISSED_ASYNC = 3, /* asynchronous I/O on a buffer */
	DS_MISSED_RING = 4,  /* io_uring was set up: alone it taints nothing, it is a blind spot */
	DS_MISSED_REFUSED = 5,	  /* a sandbox refuses what the library asks about descriptors */
	DS_MISSED_CHILD = 6,	  /* a child made without fork() touched a buffer */
	DS_MISSED_TABLE_GONE = 7, /* what other processes hold cannot be asked any more */
	DS_MISSED_NAMESPACE = 8	  /* libraries loaded by dlmopen call another libc */
};

/* identity word of a V4L2 buffer: what stays the same from run to run */
#define DS_V4L2_IDENTITY(type, index, plane, generation)             \
	((uint64_t)(type) << 48 | (uint64_t)(uint8_t)(plane) << 40 | \
	 (uint64_t)(uint8_t)(generation) << 32 | (uint32_t)(index))
#define DS_IDENTITY_TYPE(id)	   ((unsigned)((id) >> 48))
#define DS_IDENTITY_PLANE(id)	   ((unsigned)((id) >> 40) & 0xff)
#define DS_IDENTITY_GENERATION(id) ((unsigned)((id) >> 32) & 0xff)
#define DS_IDENTITY_INDEX(id)	   ((uint32_t)(id))

struct ds_event {
	uint16_t type;	  /* enum ds_event_type; stored last, so 0 = not committed */
	uint16_t flags;	  /* DS_EVF_* */
	uint32_t tid;	  /* kernel thread id */
	uint64_t time_ns; /* CLOCK_MONOTONIC */
	uint32_t stack;	  /* slot of a STACK record, 0 = none */
	uint32_t buffer;  /* number that a BUFFER event introduced, 0 = none */
	uint32_t actor;	  /* number that a DEVICE event introduced, 0 = none */
	int32_t result;	  /* errno of a call that failed, 0 = success */
	uint64_t a, b, c, d;
};
_Static_assert(sizeof(struct ds_event) == 64, "a slot is 64 bytes");

/* what follows a STRING or STACK head: the payload, cut into slots of their own */
#define DS_CONT_BYTES 56
struct ds_cont {
	uint16_t type; /* DS_EV_CONT */
	uint16_t used; /* bytes of payload in this slot */
	uint32_t pad;
	uint8_t bytes[DS_CONT_BYTES];
};
_Static_assert(sizeof(struct ds_cont) == sizeof(struct ds_event), "one slot size");

/* Text of an event type; NULL for a number that event.def does not list. */
const char *ds_event_name(unsigned type);

/* Name of payload word 0..3 of a type with its '@' or '%' mark, "" when unused. */
const char *ds_event_field(unsigned type, unsigned word);

#endif
