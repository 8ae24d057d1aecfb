/* SPDX-License-Identifier: MIT */
/* Writes trace events for Perfetto: slices on lanes of a buffer, moments on threads. */
#ifndef DS_REPORT_PERFETTO_H
#define DS_REPORT_PERFETTO_H

#include "report/report.h"

enum ds_lane { DS_LANE_CLAIM, DS_LANE_BRACKET, DS_LANES };

/* Something that lasts: a claim or a bracket. */
struct ds_perfetto_slice {
	bool open;
	uint32_t actor;
	uint64_t key;	   /* index of a claim, flags of a bracket */
	uint64_t sequence; /* when it was opened, by count */
	uint64_t last_ns;  /* latest time written on this lane */
	char *name;	   /* a slice ends by the name that it began with */
};

struct ds_perfetto_buffer {
	uint32_t index; /* of ds_run.buffer, + 1; 0 = not seen yet */
	struct ds_perfetto_slice *lane[DS_LANES];
	unsigned lanes[DS_LANES];
};

struct ds_perfetto {
	FILE *out;
	const struct ds_run *run;
	bool comma;
	/* of the process that is written now */
	uint32_t process;
	int64_t pid;
	uint64_t base_ns, last_ns, sequence;
	struct ds_perfetto_buffer *buffer; /* by number */
	uint32_t buffers;
};

/* Start and end the events of one process.  0 or -ENOMEM. */
int ds_perfetto_start(struct ds_perfetto *t, uint32_t process);
void ds_perfetto_end(struct ds_perfetto *t);

/* The buffer of an event, its slice begun at the first one; NULL when there is none. */
struct ds_perfetto_buffer *ds_perfetto_buffer(struct ds_perfetto *t, const struct ds_event *ev);

/* Path of a device, "a device" when it has none. */
const char *ds_perfetto_device(struct ds_perfetto *t, uint32_t actor, char *buf, size_t size);

/* Open a slice on a free lane, named after the buffer and two words. */
void ds_perfetto_open(struct ds_perfetto *t, struct ds_perfetto_buffer *b, enum ds_lane kind,
		      const struct ds_event *ev, const char *what, const char *whom);

/* Close the latest slice of that actor and key; of a bracket, else the latest of all. */
void ds_perfetto_close(struct ds_perfetto *t, struct ds_perfetto_buffer *b, enum ds_lane kind,
		       uint32_t actor, uint64_t key, uint64_t time_ns);

/* The number of a process in the trace: those of two runs may share one. */
int64_t ds_perfetto_pid(unsigned part, int pid);

/* From here on times count from the beginning of that part of the run. */
void ds_perfetto_base(struct ds_perfetto *t, unsigned part);

/* What the kernel's side of that part saw.  0 or -errno. */
int ds_perfetto_kernel(struct ds_perfetto *t, unsigned part);

/* A moment on the thread of an event. */
void ds_perfetto_instant(struct ds_perfetto *t, const struct ds_event *ev, const char *name,
			 const struct ds_perfetto_buffer *b);

/* Begin an event object: phase, category, name, process, time.  The caller adds and closes. */
void ds_perfetto_begin(struct ds_perfetto *t, const char *phase, const char *category,
		       const char *name, uint64_t time_ns);

#endif
