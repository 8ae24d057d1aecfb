/* SPDX-License-Identifier: MIT */
/* Which buffers of which processes are one, and what each of them does to the others. */
#include "core/group.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/group_table.h"

/* Let the array of `size`-byte entries have room for one more; rooms are 1, 3, 7, 15 ... */
static int reach(void *array, uint32_t used, size_t size)
{
	void **at = array, *p;

	if (used & (used + 1))
		return 0;
	p = realloc(*at, ((size_t)used + 1) * 2 * size);
	if (!p)
		return -ENOMEM;
	*at = p;
	return 0;
}

struct ds_groups *ds_groups_create(void)
{
	return calloc(1, sizeof(struct ds_groups));
}

void ds_groups_destroy(struct ds_groups *g)
{
	if (!g)
		return;
	for (uint32_t i = 0; i < g->groups; i++)
		free(g->group[i].member);
	free(g->group);
	free(g->inode);
	free(g->spot);
	free(g->over);
	free(g->withdrawn);
	free(g);
}

struct ds_group *ds_group_of(const struct ds_groups *g, const struct ds_buffer *b)
{
	uint32_t i = g && b ? b->group : 0;

	while (i && g->group[i - 1].joined)
		i = g->group[i - 1].joined;
	return i ? &g->group[i - 1] : NULL;
}

bool ds_groups_is_over(const struct ds_groups *g, uint32_t process)
{
	return process < g->overs && g->over[process];
}

void ds_groups_over(struct ds_groups *g, uint32_t process)
{
	if (process >= g->overs) {
		bool *p = realloc(g->over, (process + 1u) * 2 * sizeof(*p));

		if (!p)
			return; /* what the process did goes on to count: no worse than not knowing */
		memset(p + g->overs, 0, ((process + 1u) * 2 - g->overs) * sizeof(*p));
		g->over = p;
		g->overs = (process + 1u) * 2;
	}
	g->over[process] = true;
}

/* The member's buffer, NULL when the number names another buffer by now. */
struct ds_buffer *ds_member_buffer(const struct ds_groups *g, const struct ds_run *run,
				   const struct ds_group *group, const struct ds_member *m)
{
	struct ds_buffer *b = ds_model_buffer(&run->process[m->process].model, m->number);

	return b && ds_group_of(g, b) == group ? b : NULL;
}

/* Members of processes that are over leave only the rights that their brackets gave. */
void ds_group_prune(struct ds_groups *g, const struct ds_run *run, struct ds_group *group)
{
	uint32_t kept = 0;

	for (uint32_t i = 0; i < group->members; i++) {
		struct ds_member m = group->member[i];
		const struct ds_buffer *b = ds_member_buffer(g, run, group, &m);

		if (b && !ds_groups_is_over(g, m.process)) {
			group->member[kept++] = m;
			continue;
		}
		for (unsigned k = 0; b && k < b->hold.brackets; k++)
			group->ghost |= b->hold.bracket[k].flags & DS_RW;
	}
	/* the array keeps the room of its largest size: see reach() */
	for (uint32_t i = kept; i < group->members; i++)
		group->member[i] = (struct ds_member){0};
	group->members = kept;
}

/* ---- who belongs together ---- */

static int add_member(struct ds_group *group, uint32_t process, uint32_t number)
{
	for (uint32_t i = 0; i < group->members; i++)
		if (group->member[i].process == process && group->member[i].number == number)
			return 0;
	if (group->members == group->room) {
		uint32_t room = group->room ? group->room * 2 : 4;
		struct ds_member *p = realloc(group->member, room * sizeof(*p));

		if (!p)
			return -ENOMEM;
		group->member = p;
		group->room = room;
	}
	group->member[group->members++] = (struct ds_member){process, number};
	return 0;
}

static int unite(struct ds_groups *g, uint32_t into, uint32_t from)
{
	struct ds_group *a = &g->group[into - 1], *b = &g->group[from - 1];
	int r = 0;

	for (uint32_t i = 0; i < b->members && !r; i++)
		r = add_member(a, b->member[i].process, b->member[i].number);
	a->born |= b->born;
	a->ghost |= b->ghost;
	if (b->device_ns && (!a->device_ns || b->device_ns < a->device_ns))
		a->device_ns = b->device_ns;
	free(b->member);
	b->member = NULL;
	b->members = b->room = 0;
	b->joined = into;
	return r;
}

static uint32_t number_of(const struct ds_groups *g, const struct ds_group *group)
{
	return (uint32_t)(group - g->group) + 1;
}

static uint32_t spot_of(const struct ds_groups *g, uint64_t inode)
{
	return (uint32_t)(inode * 0x9e3779b97f4a7c15ull >> 32) & (g->spots - 1);
}

static int grow_spots(struct ds_groups *g)
{
	uint32_t spots = g->spots ? g->spots * 2 : 64, *spot = calloc(spots, sizeof(*spot));

	if (!spot)
		return -ENOMEM;
	free(g->spot);
	g->spot = spot;
	g->spots = spots;
	for (uint32_t n = 0; n < g->inodes; n++) {
		uint32_t i = spot_of(g, g->inode[n].inode);

		while (g->spot[i])
			i = (i + 1) & (spots - 1);
		g->spot[i] = n + 1;
	}
	return 0;
}

/* The entry of an inode, made with group 0 at first use; NULL without memory. */
static struct ds_group_inode *inode_entry(struct ds_groups *g, uint64_t inode)
{
	uint32_t i;

	if (g->inodes * 2 >= g->spots && grow_spots(g))
		return NULL;
	for (i = spot_of(g, inode); g->spot[i]; i = (i + 1) & (g->spots - 1))
		if (g->inode[g->spot[i] - 1].inode == inode)
			return &g->inode[g->spot[i] - 1];
	if (reach(&g->inode, g->inodes, sizeof(*g->inode)))
		return NULL;
	g->inode[g->inodes] = (struct ds_group_inode){.inode = inode};
	g->spot[i] = ++g->inodes;
	return &g->inode[g->inodes - 1];
}

struct ds_group *ds_group_by_inode(const struct ds_groups *g, uint64_t inode)
{
	uint32_t i;

	if (!g || !g->spots)
		return NULL;
	for (i = spot_of(g, inode); g->spot[i]; i = (i + 1) & (g->spots - 1)) {
		const struct ds_group_inode *e = &g->inode[g->spot[i] - 1];

		if (e->inode != inode)
			continue;
		i = e->group;
		while (i && g->group[i - 1].joined)
			i = g->group[i - 1].joined;
		return i ? &g->group[i - 1] : NULL;
	}
	return NULL;
}

static int new_group(struct ds_groups *g)
{
	if (reach(&g->group, g->groups, sizeof(*g->group)))
		return -ENOMEM;
	g->group[g->groups++] = (struct ds_group){.born = false};
	return 0;
}

/* The buffer is the one behind the inode. */
static int join(struct ds_groups *g, uint32_t process, struct ds_buffer *b, uint64_t inode,
		uint64_t now)
{
	struct ds_group_inode *e = inode ? inode_entry(g, inode) : NULL;
	struct ds_group *mine = ds_group_of(g, b);
	uint32_t there;
	int r = 0;

	if (!inode)
		return 0;
	if (!e)
		return -ENOMEM;
	there = e->group;
	while (there && g->group[there - 1].joined)
		there = g->group[there - 1].joined;
	if (!there && !mine) {
		r = new_group(g);
		there = g->groups;
	} else if (!there) {
		there = number_of(g, mine);
	} else if (mine && number_of(g, mine) != there) {
		r = unite(g, there, number_of(g, mine));
	}
	if (r)
		return r;
	e->group = b->group = there;
	g->group[there - 1].born |= !b->foreign;
	/* queued before it was exported: others learn of the device from now on */
	if (b->device_slot && !g->group[there - 1].device_ns)
		g->group[there - 1].device_ns = now;
	return add_member(&g->group[there - 1], process, b->number);
}

/* ---- events ---- */

static bool writes(const struct ds_hold *h, const struct ds_event *ev)
{
	for (unsigned i = 0; i < h->claims; i++)
		if (h->claim[i].actor == ev->actor && h->claim[i].index == (uint32_t)ev->a)
			return h->claim[i].use & DS_DEVICE_WRITES;
	return false;
}

/* The end of a claim outdates the READ brackets of all; END without START ends another's bracket. */
void ds_groups_before(struct ds_groups *g, const struct ds_run *run, uint32_t process,
		      const struct ds_event *ev)
{
	const struct ds_buffer *b = ds_model_buffer(&run->process[process].model, ev->buffer);
	struct ds_group *group = ds_group_of(g, b);
	bool end = ev->type == DS_EV_SYNC && (ev->flags & DS_EVF_END) && !ev->result;

	if (!group || group->members < 2)
		return;
	if (ev->type == DS_EV_RELEASE ? ev->b || !writes(&b->hold, ev) : !end || b->hold.brackets)
		return;
	for (uint32_t i = 0; i < group->members; i++) {
		struct ds_buffer *other = ds_member_buffer(g, run, group, &group->member[i]);

		if (!other || other == b)
			continue;
		if (end && !ds_hold_end(&other->hold, (unsigned)ev->a, NULL))
			return;
		for (unsigned k = 0; !end && k < other->hold.brackets; k++)
			other->hold.bracket[k].dead |= DS_READ;
	}
}

/* Another process dequeued from a queue of this device what it had not queued. */
static int withdraw(struct ds_groups *g, uint32_t process, uint64_t rdev)
{
	for (uint32_t i = 0; i < g->withdrawns; i++)
		if (g->withdrawn[i].process == process && g->withdrawn[i].rdev == rdev)
			return 0;
	if (reach(&g->withdrawn, g->withdrawns, sizeof(*g->withdrawn)))
		return -ENOMEM;
	g->withdrawn[g->withdrawns++] = (struct ds_withdrawn){process, rdev};
	return 0;
}

int ds_groups_after(struct ds_groups *g, const struct ds_run *run, uint32_t process,
		    const struct ds_event *ev)
{
	struct ds_buffer *b = ds_model_buffer(&run->process[process].model, ev->buffer);
	struct ds_group *group = ds_group_of(g, b);

	switch (ev->type) {
	case DS_EV_BUFFER:
	case DS_EV_ALIAS:
		if (b && ev->type == DS_EV_ALIAS && ev->b && b->inode &&
		    join(g, process, b, b->inode, ev->time_ns))
			return -ENOMEM;
		return b ? join(g, process, b, ev->a, ev->time_ns) : 0;
	case DS_EV_CLAIM:
		if (group && !ev->result && !group->device_ns)
			group->device_ns = ev->time_ns;
		return 0;
	case DS_EV_QUEUE_SHARED: return withdraw(g, process, ev->a);
	case DS_EV_EXIT: ds_groups_over(g, process); return 0;
	default: return 0;
	}
}
