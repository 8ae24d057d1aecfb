/* SPDX-License-Identifier: MIT */
/*
 * What happened to each buffer over time: who held it, when, and for how long.
 *
 * The traces of an analysed run are replayed in one pass.  Memory does not grow with the trace: at
 * most `items` spans and points are kept, first of all those around findings, then those in evenly
 * spaced windows of time; totals, latencies and densities count everything.
 */
#ifndef DS_CORE_TIMELINE_H
#define DS_CORE_TIMELINE_H

#include "core/kernel_replay.h"
#include "core/latency.h"
#include "core/run.h"

#define DS_LANES	22 /* of one buffer: CPU rights per origin, brackets, devices, the kernel's */
#define DS_KERNEL_LANES 6   /* of these: one for each track, the rest for devices that map it */
#define DS_BINS		512 /* of time; between half and all of them are used */

enum ds_lane_kind { DS_LANE_CPU, DS_LANE_BRACKET, DS_LANE_DEVICE, DS_LANE_KERNEL };

/* values of a DS_LANE_CPU span: the rights, plus this (0 = not mapped) */
#define DS_LANE_MAPPED 4

enum ds_item_kind {
	DS_ITEM_SPAN,
	DS_ITEM_ACCESS,	     /* value: DS_READ, DS_WRITE, | DS_ACCESS_FORBIDDEN */
	DS_ITEM_SYNC_FAILED, /* value: flags of the call, | DS_SYNC_WAS_END; length: errno */
	DS_ITEM_MAP,	     /* value: enum ds_origin */
	DS_ITEM_UNMAP,
	DS_ITEM_STALE,
	DS_ITEM_KERNEL, /* value: flags of a SYNC; length: enum ds_kernel_effect */
};
enum { DS_ACCESS_FORBIDDEN = 4, DS_SYNC_WAS_END = 4 };

struct ds_item {
	uint64_t start_ns, end_ns; /* since the start of its run */
	uint64_t offset, length;   /* ACCESS, MAP */
	uint32_t buffer;	   /* index of ds_run.buffer */
	uint32_t order;		   /* of the replay, unique */
	uint16_t begin, end; /* index of ds_timeline.who; end 0 = not ended when recording did */
	uint8_t lane, kind, value;
	bool pinned; /* near a finding */
};

/* Who did something; entry 0 is nobody.  process UINT32_MAX: none of the run. */
struct ds_who {
	uint32_t process, tid;
	const char *call;
	const char *comm; /* of whom the kernel saw, NULL = a process of the run saw itself */
};

struct ds_lane {
	enum ds_lane_kind kind;
	enum ds_origin origin; /* CPU */
	const char *device; /* DEVICE: path, "" = several that found no lane of their own; KERNEL */
	uint32_t actor, type;	    /* DEVICE: number in its process, V4L2 buffer type */
	enum ds_kernel_track track; /* KERNEL */
	uint64_t spans;
	struct ds_latency *held; /* DEVICE: from each hand-over to its return, else NULL */
};

/* what bins count: time in ns, events in the last one */
enum { DS_BIN_DEVICE_WRITES, DS_BIN_DEVICE_READS, DS_BIN_BRACKET, DS_BIN_CHANNELS };

struct ds_buffer_time {
	uint32_t joined; /* index of the buffer that this one turned out to be, itself otherwise */
	bool shown;	 /* false: beyond `buffers`, or joined; only counted */
	unsigned lanes;
	struct ds_lane lane[DS_LANES];
	struct ds_latency *cpu;	  /* between two claims: how long the CPU held it */
	uint64_t (*bin)[DS_BINS]; /* [DS_BIN_CHANNELS] */
	uint64_t claims, releases, syncs, failed, accesses, forbidden;
};

struct ds_timeline {
	uint64_t *start_ns; /* CLOCK_MONOTONIC, by part of the run (ds_run_part) */
	uint64_t length_ns;
	uint64_t bin_ns;	       /* width of a bin */
	struct ds_buffer_time *buffer; /* as many as ds_run.buffer */
	uint32_t buffers, shown;
	struct ds_item *item; /* sorted by buffer, lane, start */
	uint32_t items;
	uint64_t total; /* spans and points that there were on the buffers shown */
	/* when not all are kept: those of [k * every_ns, k * every_ns + window_ns) are, for all k */
	uint64_t window_ns, every_ns;
	struct ds_who *who;
	uint32_t whos;
	struct ds_strings *strings;
};

struct ds_timeline_options {
	uint32_t items;	  /* spans and points to keep */
	uint32_t buffers; /* to follow: those with findings, then the first ones */
};

/* 0 or -errno.  The traces' read positions change. */
int ds_timeline_build(const struct ds_run *run, const struct ds_timeline_options *opt,
		      struct ds_timeline **ret);
void ds_timeline_destroy(struct ds_timeline *t);

#endif
