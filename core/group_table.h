/* SPDX-License-Identifier: MIT */
/* Inside group.c, group_joint.c and kernel_join.c: the tables. */
#ifndef DS_CORE_GROUP_TABLE_H
#define DS_CORE_GROUP_TABLE_H

#include "core/group.h"

struct ds_member {
	uint32_t process, number;
};

struct ds_group {
	struct ds_member *member;
	uint32_t members, room;
	uint32_t joined; /* number of the group that this one turned out to be, 0 = itself */
	bool born;	 /* a process of the run made the buffer */
	uint8_t ghost;	 /* rights of brackets that ended processes left open */
	uint64_t device_ns;
};

struct ds_group_inode {
	uint64_t inode;
	uint32_t group;
};

struct ds_withdrawn {
	uint32_t process;
	uint64_t rdev;
};

struct ds_groups {
	struct ds_group *group;
	struct ds_group_inode *inode;
	uint32_t *spot; /* hash of inodes, a power of two: index of inode[] + 1 */
	uint32_t groups, inodes, spots;
	bool *over; /* by process */
	uint32_t overs;
	struct ds_withdrawn *withdrawn;
	uint32_t withdrawns;
};

/* The buffer behind an inode, NULL = no process has it. */
struct ds_group *ds_group_by_inode(const struct ds_groups *g, uint64_t inode);
struct ds_group *ds_group_of(const struct ds_groups *g, const struct ds_buffer *b);
bool ds_groups_is_over(const struct ds_groups *g, uint32_t process);
void ds_group_prune(struct ds_groups *g, const struct ds_run *run, struct ds_group *group);
struct ds_buffer *ds_member_buffer(const struct ds_groups *g, const struct ds_run *run,
				   const struct ds_group *group, const struct ds_member *m);

#endif
