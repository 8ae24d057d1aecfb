/* SPDX-License-Identifier: MIT */
/*
 * What one process image did, rebuilt from its trace: buffers, mappings, devices.
 *
 * A buffer's number is the one that the recorder gave it; numbers start at 1 and are dense, but a
 * hostile trace may name any number, so every look-up is checked.
 */
#ifndef DS_CORE_MODEL_H
#define DS_CORE_MODEL_H

#include "core/ownership.h"
#include "core/rules.h"
#include "core/trace.h"

/* Reference to an event: its slot, and the slot of its stack for cheap comparison. */
#define DS_REF(slot, stack) ((uint64_t)(slot) << 32 | (uint32_t)(stack))
#define DS_REF_SLOT(ref)    ((uint32_t)((ref) >> 32))
#define DS_REF_STACK(ref)   ((uint32_t)(ref))

/* what one head of a display does with a buffer */
struct ds_shown {
	uint32_t actor, head;
	uint8_t state; /* DS_SCANOUT_*, 0 = not shown */
	uint64_t ref;
};
#define DS_MAX_SHOWN 4

/* the close of one descriptor */
struct ds_closed {
	uint64_t fd, ref;
};
#define DS_CLOSES_KEPT 4

/* a handle of a sync object that has a fence of a buffer */
struct ds_object {
	uint32_t actor, buffer;
	uint64_t handle;
};
#define DS_MAX_OBJECTS 4096 /* of a process; beyond that none is counted */

struct ds_buffer {
	uint32_t number; /* in this process */
	uint32_t joined; /* number of the buffer that this one turned out to be, 0 = itself */
	enum ds_buffer_kind kind;
	bool foreign; /* born elsewhere: inherited or received */
	uint64_t inode, size, identity;
	uint32_t exporter; /* string slot */
	uint32_t device;   /* number of the device that made it, 0 = none */
	uint64_t created_ns;
	uint64_t birth;	 /* reference of the event that made it */
	uint64_t closed; /* reference of the last close of its last descriptor */
	struct ds_closed fd_closed[DS_CLOSES_KEPT]; /* the latest closes of its descriptors */
	unsigned fd_closes;
	uint64_t unmapped;    /* of the latest munmap of it */
	uint32_t guarded;     /* mappings at which the CPU's accesses are seen */
	uint64_t first_claim; /* reference of the first hand-over to a device */
	uint32_t claims;      /* times that a device took it */
	bool hints;	      /* its queue takes cache hints */
	bool touched;	      /* the CPU was seen to use it (observe=1) */
	uint64_t written; /* the CPU's first write that only a hand-over cleans from its caches */
	bool unseen;	  /* it can be used where nobody sees it: shared, or not to be guarded */
	struct ds_shown shown[DS_MAX_SHOWN];
	bool flushed;	      /* DIRTYFB was called for it */
	uint64_t unflushed;   /* the CPU's first write since the display made its copy */
	uint32_t device_slot; /* slot of the first hand-over to a device, 0 = never */
	uint8_t failed_start; /* flags of a START that failed with EINTR or EAGAIN */
	uint64_t failed_ref;
	bool named;	  /* a descriptor of it was given out */
	uint32_t objects; /* live handles of sync objects with its fences, of one open card: */
	uint32_t objects_actor;
	uint64_t first_object; /* reference of the call that made the first of them */
	uint32_t group; /* number of the buffer that it is in all processes (group.h), 0 = none */
	bool used;	/* named by a finding or a hand-over: worth listing */
	struct ds_hold hold;
	/* run --coherency: what the program would read now, and whose store is on its way */
	struct {
		uint64_t frame, differ, lines;
	} stale;
	struct ds_finding *wrote;
};

struct ds_mapping {
	uint32_t buffer;
	enum ds_origin origin;
	uint64_t address, length, offset;
	uint64_t ref; /* of the call that made it */
	bool live;
};

struct ds_device {
	uint32_t path; /* string slot */
	uint64_t rdev;
	uint32_t type; /* V4L2 buffer type, 0 = not a queue */
};

struct ds_module {
	uint32_t slot; /* known from this slot of the trace on */
	uint64_t start, end, bias;
	uint32_t path; /* string slot */
	uint8_t build_id[20];
	uint8_t build_id_len;
};

struct ds_model {
	struct ds_buffer *buffer;
	struct ds_mapping *mapping;
	struct ds_device *device;
	struct ds_module *module;
	uint32_t buffers, mappings, devices, modules;
	uint32_t buffers_room, mappings_room, devices_room, modules_room;
	struct ds_object *object;
	uint32_t objects, objects_room;
};

void ds_model_finish(struct ds_model *m);

/* Look-ups; NULL for a number that was never introduced.  A joined buffer resolves to its twin. */
struct ds_buffer *ds_model_buffer(const struct ds_model *m, uint32_t number);
struct ds_mapping *ds_model_mapping(const struct ds_model *m, uint64_t number);
struct ds_device *ds_model_device(const struct ds_model *m, uint32_t number);

/* The module that covered `address` when slot `slot` was written, or NULL. */
const struct ds_module *ds_model_module(const struct ds_model *m, uint32_t slot, uint64_t address);

/* The handle of an open card among those that have a buffer's fence, or NULL. */
struct ds_object *ds_model_object(const struct ds_model *m, uint32_t actor, uint64_t handle);

/* Let a SYNCOBJ event take effect: 0 or -ENOMEM. */
int ds_model_syncobj(struct ds_model *m, const struct ds_event *ev, uint32_t slot);

/*
 * Let one event take effect on the model: what exists, who holds what.  Rules are judged before
 * this.  0, -ENOMEM, or -EBADMSG for an event that names what cannot exist.
 */
int ds_model_step(struct ds_model *m, const struct ds_event *ev, uint32_t slot);

#endif
