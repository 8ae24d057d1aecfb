/* SPDX-License-Identifier: MIT */
/*
 * Inside core: one buffer in several processes.
 *
 * Buffers of different processes that have a dma-buf inode in common are one buffer: what one
 * process handed over, all of them may not touch.  Each process's model keeps what that process
 * did; what holds for all of them is put together when an event is judged.
 *
 * Ambiguity stays silent: of a process of which nothing is known after some time (killed, or still
 * running when the trace was read) no claim and no open bracket is held against another process.
 */
#ifndef DS_CORE_GROUP_H
#define DS_CORE_GROUP_H

#include "core/run.h"

struct ds_groups;

struct ds_groups *ds_groups_create(void);
void ds_groups_destroy(struct ds_groups *g);

/* Before an event takes effect on its own process: what it does to the others. */
void ds_groups_before(struct ds_groups *g, const struct ds_run *run, uint32_t process,
		      const struct ds_event *ev);

/* After it: which buffers are the same, which devices have seen them.  0 or -ENOMEM. */
int ds_groups_after(struct ds_groups *g, const struct ds_run *run, uint32_t process,
		    const struct ds_event *ev);

/* Nothing of this process comes any more. */
void ds_groups_over(struct ds_groups *g, uint32_t process);

#define DS_JOINT_REFS (DS_MAX_CLAIMS + DS_MAX_BRACKETS + 1)

/* A buffer as all processes together hold it. */
struct ds_joint {
	struct ds_buffer buffer;
	struct {
		uint32_t process;
		uint64_t ref;
	} from[DS_JOINT_REFS]; /* of the references that are another process's */
	unsigned refs;
};

/*
 * The buffer as an event of `process` meets it: the buffer itself when no other process counts,
 * else *ret.  `own`: brackets of processes that are over count (an access is judged) or not.
 */
const struct ds_buffer *ds_groups_joint(struct ds_groups *g, const struct ds_run *run,
					uint32_t process, const struct ds_buffer *b, bool ghosts,
					struct ds_joint *ret);

/* What a reference in a joint buffer stands for: its process, and the reference there. */
uint64_t ds_joint_ref(const struct ds_joint *j, uint64_t ref, uint32_t *process);

/* Does a living process besides this one have the buffer open? */
bool ds_groups_open_elsewhere(struct ds_groups *g, const struct ds_run *run, uint32_t process,
			      const struct ds_buffer *b);

/* The number of the buffer that this one is in all processes, 0 = it has no inode. */
uint32_t ds_groups_number(const struct ds_groups *g, const struct ds_buffer *b);

/* When a device first got the buffer in any process, 0 = never, or nobody else has it. */
uint64_t ds_groups_device_ns(const struct ds_groups *g, const struct ds_buffer *b);

#endif
