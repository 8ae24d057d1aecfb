/* SPDX-License-Identifier: MIT */
/* Inside core: the kernel's side of a run, joined to what its processes recorded. */
#ifndef DS_CORE_KERNEL_JUDGE_H
#define DS_CORE_KERNEL_JUDGE_H

#include "core/analyze.h"
#include "core/kernel_reader.h"

/* Open the recording, if there is one, and sum it up.  0 or -ENOMEM. */
int ds_kernel_side_load(struct ds_run *run);
void ds_kernel_side_finish(struct ds_run *run);

/* A process of the run knows this inode as its buffer `number`.  0 or -ENOMEM. */
int ds_inode_note(struct ds_run *run, uint64_t inode, uint32_t process, uint32_t number);

/* ---- the processes (kernel_join.c) ---- */

struct ds_kernel_join;

/*
 * Find what the kernel saw of the run's processes and the library did not.  0 with *ret (NULL when
 * there is nothing to join) or -errno.  The traces are read, and rewound.
 */
int ds_kernel_join_open(struct ds_run *run, struct ds_kernel_join **ret);
void ds_kernel_join_close(struct ds_kernel_join *j);

/* Let everything take effect on the models of the processes that happened up to `ns`. */
int ds_kernel_join_until(struct ds_kernel_join *j, uint64_t ns);

/* A BUFFER or ALIAS event made a buffer known under an inode: fences on it count from now on. */
void ds_kernel_join_buffer(struct ds_kernel_join *j, uint32_t process, const struct ds_event *ev);

/* The prior event of a hit is a line of the recording: fill the site from it. */
int ds_kernel_site(struct ds_run *run, size_t place, struct ds_site *site);

/* The place behind a claim's reference that ds_kernel_join_until() made, 0 = it is none. */
size_t ds_kernel_join_place(const struct ds_kernel_join *j, uint64_t ref);

/* ---- the whole (kernel_judge.c) ---- */

/* Judge the recording by the rules of the kernel, and list who was seen.  0 or -ENOMEM. */
int ds_kernel_judge(struct ds_run *run);

#endif
