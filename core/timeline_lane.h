/* SPDX-License-Identifier: MIT */
/* Inside core: the lanes of one buffer while its trace is replayed, and where their spans go. */
#ifndef DS_CORE_TIMELINE_LANE_H
#define DS_CORE_TIMELINE_LANE_H

#include "core/timeline_keep.h"

#define DS_TL_LATEST ((1ull << 53) - 1) /* so that every time is exact in a double, too */
#define DS_TL_WHOS   8192
#define DS_TL_CALLS  1024

/* Everything that the replay produces. */
struct ds_tl_sink {
	const struct ds_run *run;
	struct ds_timeline *t;
	struct ds_keep keep;
	struct ds_recent **recent; /* by index of ds_run.buffer, NULL = no finding there */
	uint16_t *who_at;	   /* hash table over ds_timeline.who */
	struct {
		uint32_t process, slot;
		const char *text;
	} call[DS_TL_CALLS]; /* names by slot, the latest ones */
	bool failed;
};

int ds_tl_sink_init(struct ds_tl_sink *s, const struct ds_run *run, struct ds_timeline *t);
void ds_tl_sink_finish(struct ds_tl_sink *s);
void ds_tl_sink_deliver(struct ds_tl_sink *s); /* let the timeline have the items */

/* An event, and the state that it meets (buffer is NULL when it concerns none). */
struct ds_tl_event {
	const struct ds_event *ev;
	const struct ds_model *model;
	const struct ds_buffer *buffer;
	uint32_t process;
	uint64_t ns;
};

bool ds_tl_concerns_buffers(unsigned type);

/* One span or point of buffer `buffer`. */
void ds_tl_put(struct ds_tl_sink *s, uint32_t buffer, const struct ds_item *item);

/* Index of ds_timeline.who for the thread and the call of an event. */
uint16_t ds_tl_who(struct ds_tl_sink *s, const struct ds_tl_event *e);

/* The same for anyone; comm as ds_who has it. */
uint16_t ds_tl_who_add(struct ds_tl_sink *s, const struct ds_who *who);

/* A buffer of one process between its events. */
struct ds_track {
	uint32_t buffer; /* index of ds_run.buffer */
	struct {
		uint64_t start_ns;
		uint16_t begin;
		uint8_t value; /* 0 = no span is open */
		bool pinned;
	} open[DS_LANES];
	struct {
		uint64_t start_ns;
		uint32_t actor, index;
		uint8_t lane;
	} claim[DS_MAX_CLAIMS];
	unsigned claims;
	uint32_t mapped[DS_ORIGIN_MAX];
	uint64_t cpu_since; /* + 1; 0 = no device has given it back yet, or one has it */
};

struct ds_track *ds_track_create(uint32_t buffer);
void ds_track_before(struct ds_track *tr, struct ds_tl_sink *s, const struct ds_tl_event *e);
void ds_track_after(struct ds_track *tr, struct ds_tl_sink *s, const struct ds_tl_event *e);
/* `from` turned out to be the same buffer. */
void ds_track_join(struct ds_track *tr, struct ds_track *from, struct ds_tl_sink *s,
		   const struct ds_tl_event *e);
void ds_track_pin(struct ds_track *tr); /* what is open now is near a finding */
void ds_track_end(struct ds_track *tr, struct ds_tl_sink *s, uint64_t ns);
/* Let a lane have another value from now on; what it was until now becomes a span. */
void ds_track_set(struct ds_track *tr, struct ds_tl_sink *s, unsigned lane, unsigned value,
		  uint64_t ns, uint16_t who);

/* What the kernel's side of one part of the run adds.  *last_ns moves to its end.  0 or -errno. */
int ds_tl_kernel(struct ds_tl_sink *s, unsigned part, uint64_t *last_ns);

#endif
