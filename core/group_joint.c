/* SPDX-License-Identifier: MIT */
/* A buffer as all the processes that have it hold it together. */
#include <string.h>

#include "core/group_table.h"

/* A reference of another process: a slot that no trace reaches, and an index of ds_joint.from. */
#define ELSEWHERE 0xffffffffu

static uint64_t elsewhere(struct ds_joint *j, uint32_t process, uint64_t ref)
{
	if (j->refs == DS_JOINT_REFS)
		return 0;
	j->from[j->refs].process = process;
	j->from[j->refs].ref = ref;
	return DS_REF(ELSEWHERE, j->refs++);
}

uint64_t ds_joint_ref(const struct ds_joint *j, uint64_t ref, uint32_t *process)
{
	if (DS_REF_SLOT(ref) != ELSEWHERE || DS_REF_STACK(ref) >= j->refs)
		return ref;
	*process = j->from[DS_REF_STACK(ref)].process;
	return j->from[DS_REF_STACK(ref)].ref;
}

/*
 * Queues are known by the process that uses them.  Once another process has taken a buffer out of
 * one, nobody knows the order of what the two did: claims of that device count for nothing.
 */
static bool withdrawn(const struct ds_groups *g, const struct ds_run *run, uint32_t process,
		      uint32_t actor)
{
	const struct ds_device *dev = ds_model_device(&run->process[process].model, actor);

	for (uint32_t i = 0; dev && i < g->withdrawns; i++)
		if (g->withdrawn[i].rdev == dev->rdev && g->withdrawn[i].process != process)
			return true;
	return false;
}

static void drop_withdrawn(const struct ds_groups *g, const struct ds_run *run, uint32_t process,
			   struct ds_hold *h)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < h->claims; i++)
		if (!withdrawn(g, run, process, h->claim[i].actor))
			h->claim[kept++] = h->claim[i];
	if (kept < h->claims)
		h->promised = 0;
	h->claims = (uint8_t)kept;
}

static void add_brackets(struct ds_joint *j, uint32_t process, const struct ds_hold *from)
{
	struct ds_hold *h = &j->buffer.hold;

	for (unsigned i = 0; i < from->brackets; i++) {
		if (h->brackets == DS_MAX_BRACKETS) {
			h->overflow++;
			return;
		}
		h->bracket[h->brackets] = from->bracket[i];
		h->bracket[h->brackets++].ref = elsewhere(j, process, from->bracket[i].ref);
	}
}

static void add_hold(struct ds_joint *j, const struct ds_groups *g, const struct ds_run *run,
		     uint32_t process, const struct ds_hold *from)
{
	struct ds_hold *h = &j->buffer.hold, theirs = *from;

	drop_withdrawn(g, run, process, &theirs);
	for (unsigned i = 0; i < theirs.claims; i++) {
		const struct ds_claim *c = &theirs.claim[i];

		if (c->use & DS_DEVICE_FENCE) /* who waited for it elsewhere is not known */
			continue;

		/* the actor serves nobody here: numbers of devices belong to their processes */
		ds_hold_claim(h, 0, c->index, c->use, elsewhere(j, process, c->ref));
	}
	add_brackets(j, process, &theirs);
	if (theirs.promised && !h->promised)
		h->promise_ref = elsewhere(j, process, theirs.promise_ref);
	h->promised |= theirs.promised;
	h->overflow += theirs.overflow;
}

const struct ds_buffer *ds_groups_joint(struct ds_groups *g, const struct ds_run *run,
					uint32_t process, const struct ds_buffer *b, bool ghosts,
					struct ds_joint *ret)
{
	struct ds_group *group = ds_group_of(g, b);
	struct ds_hold *h = &ret->buffer.hold;

	ret->refs = 0;
	if (!group && !g->withdrawns)
		return b;
	if (group && group->members > 1)
		ds_group_prune(g, run, group);
	if (!g->withdrawns && group->members < 2 && !group->ghost && b->foreign != group->born)
		return b;
	ret->buffer = *b;
	drop_withdrawn(g, run, process, h);
	for (uint32_t i = 0; group && i < group->members; i++) {
		const struct ds_buffer *other = ds_member_buffer(g, run, group, &group->member[i]);

		if (other && other != b)
			add_hold(ret, g, run, group->member[i].process, &other->hold);
	}
	if (group && group->born)
		ret->buffer.foreign = false;
	if (group && group->ghost && ghosts && h->brackets < DS_MAX_BRACKETS)
		h->bracket[h->brackets++] = (struct ds_bracket){.flags = group->ghost, .count = 1};
	return &ret->buffer;
}

bool ds_groups_open_elsewhere(struct ds_groups *g, const struct ds_run *run, uint32_t process,
			      const struct ds_buffer *b)
{
	struct ds_group *group = ds_group_of(g, b);

	for (uint32_t i = 0; group && i < group->members; i++) {
		const struct ds_member *m = &group->member[i];
		const struct ds_buffer *other = ds_member_buffer(g, run, group, m);

		if (m->process != process && other && !other->closed &&
		    !ds_groups_is_over(g, m->process))
			return true;
	}
	return false;
}

uint32_t ds_groups_number(const struct ds_groups *g, const struct ds_buffer *b)
{
	const struct ds_group *group = ds_group_of(g, b);

	return group ? (uint32_t)(group - g->group) + 1 : 0;
}

uint64_t ds_groups_device_ns(const struct ds_groups *g, const struct ds_buffer *b)
{
	const struct ds_group *group = ds_group_of(g, b);

	return group ? group->device_ns : 0;
}
