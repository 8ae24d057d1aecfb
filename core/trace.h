/* SPDX-License-Identifier: MIT */
/*
 * The trace file of one process image: a header, then 64-byte slots.
 *
 * The writer lives inside the traced program: it never allocates, never blocks for long, and may
 * run in a signal handler.  A slot is committed by storing its type last, so that a file whose
 * writer was killed at any instruction is readable up to the last committed slot.
 */
#ifndef DS_CORE_TRACE_H
#define DS_CORE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"

#define DS_TRACE_MAGIC	 "DMASAN\r\n"
#define DS_TRACE_VERSION 1
#define DS_TRACE_SUFFIX	 ".trace"
#define DS_HEADER_BYTES	 512
#define DS_FIRST_SLOT	 (DS_HEADER_BYTES / sizeof(struct ds_event))
#define DS_MAX_FRAMES	 32
#define DS_MAX_STRING	 4096

struct ds_trace_header {
	char magic[8];
	uint32_t version;
	uint32_t header_bytes;
	uint32_t slot_bytes;
	uint32_t byte_order; /* 0x01020304 as the writer sees it */
	int32_t pid, ppid;
	uint64_t start_ns;	/* CLOCK_MONOTONIC */
	uint64_t start_real_ns; /* CLOCK_REALTIME */
	char arch[16];
	char comm[16];
	char boot_id[40];
	uint64_t features; /* DS_FEATURE_*: what this writer could do */
	/* live words, updated while the program runs */
	_Atomic uint64_t next;	     /* next free slot */
	_Atomic uint64_t lost;	     /* events that found no room */
	_Atomic uint32_t ended;	     /* 1 = the writer saw the end of its process */
	_Atomic uint32_t closed_for; /* errno that ended recording, 0 = none */
};
_Static_assert(sizeof(struct ds_trace_header) <= DS_HEADER_BYTES, "the header fits its slots");

#define DS_FEATURE_GUARD   (1u << 0)
#define DS_FEATURE_EVERY   (1u << 1)
#define DS_FEATURE_OBSERVE (1u << 2)
#define DS_FEATURE_STACKS  (1u << 3)
#define DS_FEATURE_FORKED  (1u << 4) /* a forked image: inherited mappings are not guarded */

/* ---- writer ---- */

/* What the writer needs from the system; 0 or -errno.  Both must be async-signal-safe. */
struct ds_trace_io {
	void *ctx;
	/* make bytes [0, size) of the file exist with blocks behind them: a store may not fault */
	int (*extend)(void *ctx, uint64_t old_size, uint64_t size);
	/* map [offset, offset + length) shared and writable */
	int (*map)(void *ctx, uint64_t offset, size_t length, void **ret);
	/* optional: the next `length` bytes at `at` are about to be written; one call for many faults */
	void (*ahead)(void *at, size_t length);
	/* optional: these bytes are written and will hardly be touched again */
	void (*behind)(void *at, size_t length);
	/* optional: keep handlers away that might never return, while the file grows; and no longer */
	uint64_t (*shut)(void);
	void (*open)(uint64_t was);
};

#define DS_FIRST_SEGMENT_SLOTS 256u
#define DS_SEGMENTS	       25 /* 256 << 24 slots: 256 GiB, the end of 32-bit slot numbers */

struct ds_trace_writer {
	struct ds_trace_io io;
	struct ds_trace_header *header; /* start of segment 0 */
	_Atomic(uint8_t *) segment[DS_SEGMENTS];
	_Atomic uint32_t growing; /* tid of the thread that grows the file, 0 = none */
	_Atomic uint32_t late;	  /* segment that took too long: nobody waits for it again */
	_Atomic int dead;	  /* errno after which nothing is recorded any more */
};

/*
 * Start a trace in an empty file.  `proto` gives the identifying words of the header (pid, start,
 * arch ...); magic, version, sizes and counters are filled in here.  0 or -errno.
 */
int ds_trace_start(struct ds_trace_writer *w, const struct ds_trace_io *io,
		   const struct ds_trace_header *proto);

/*
 * Append one event; the type is published last.  Returns the slot, or 0 when the event was lost
 * (counted in the header).  `tid` names the calling thread.
 */
uint32_t ds_trace_put(struct ds_trace_writer *w, const struct ds_event *ev);

/* Append a head slot and its payload (STRING, STACK).  Returns the head's slot or 0. */
uint32_t ds_trace_put_payload(struct ds_trace_writer *w, const struct ds_event *head,
			      const void *payload, size_t bytes);

/* The mapped piece of the file that holds an address of this process; false when none does. */
bool ds_trace_segment_of(const struct ds_trace_writer *w, uintptr_t addr, uintptr_t *ret_start,
			 size_t *ret_length);

/* Record nothing any more; `error` (an errno) tells the reader why. */
void ds_trace_end(struct ds_trace_writer *w, int error);

/* ---- reader ---- */

struct ds_trace_reader;

/*
 * Open a trace for reading.  Nothing in the file is trusted.  0, -errno of the system, -EBADMSG for
 * a file that is no trace, -EPROTO for one of another version or byte order.
 */
int ds_trace_open(const char *path, struct ds_trace_reader **ret);
void ds_trace_close(struct ds_trace_reader *r);

const struct ds_trace_header *ds_trace_header(const struct ds_trace_reader *r);

/* Next committed event, skipping continuation and torn slots.  1, 0 at the end, or -errno. */
int ds_trace_next(struct ds_trace_reader *r, struct ds_event *ret, uint32_t *ret_slot);

/* Read the event at a slot.  0, -ENOENT when there is no committed head there, or -errno. */
int ds_trace_event(struct ds_trace_reader *r, uint32_t slot, struct ds_event *ret);

/* Read the payload of a STRING or STACK head.  Bytes copied (at most `size`) or -errno. */
int ds_trace_payload(struct ds_trace_reader *r, uint32_t slot, void *buf, size_t size);

/* Read a string, always terminated; "" when the slot holds none. */
const char *ds_trace_string(struct ds_trace_reader *r, uint32_t slot, char *buf, size_t size);

/* Slots that were reserved but never committed (the writer was killed), so far. */
uint64_t ds_trace_torn(const struct ds_trace_reader *r);

/* Back to the first event. */
int ds_trace_rewind(struct ds_trace_reader *r);

#endif
