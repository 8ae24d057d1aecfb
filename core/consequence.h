/* SPDX-License-Identifier: MIT */
/* What became of a buffer's bytes on the machine that run --coherency showed, joined to findings. */
#ifndef DS_CORE_CONSEQUENCE_H
#define DS_CORE_CONSEQUENCE_H

#include <stddef.h>
#include <stdint.h>

#include "core/event.h"

struct ds_buffer;
struct ds_finding;
struct ds_run;

struct ds_consequence {
	unsigned what;	/* DS_EVF_CPU_STALE, _DEVICE_STALE or _LOST; 0 = none was seen */
	uint64_t times; /* frames or hand-overs that it befell */
	uint64_t frame, differ, lines; /* of the worst: its number, lines that differ, all lines */
};

/* A finding is counted once more by an access or call `op` (DS_READ, DS_WRITE, 0 = a call). */
void ds_consequence_found(struct ds_buffer *b, struct ds_finding *f, unsigned op);

/* A SHADOW or COHERENCY event of `b`. */
void ds_consequence_event(struct ds_run *run, struct ds_buffer *b, const struct ds_event *ev);

/* Two findings are one. */
void ds_consequence_absorb(struct ds_consequence *into, const struct ds_consequence *from);

/* One sentence for reports, "" when there is none. */
const char *ds_consequence_text(const struct ds_consequence *c, char *buf, size_t size);

#endif
