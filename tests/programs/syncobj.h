/* SPDX-License-Identifier: MIT */
/* Sync objects of a card that has them: virtio-gpu; vgem and vkms do not. */
#ifndef TESTS_PROGRAMS_SYNCOBJ_H
#define TESTS_PROGRAMS_SYNCOBJ_H

#include "common.h"

#include <stdint.h>

/* A card with timelines. */
int syncobj_card(void);

/* A new sync object without a fence. */
uint32_t syncobj_create(int card);
void syncobj_destroy(int card, uint32_t handle);

/* What is pending on the dma-buf becomes the fence of a new sync object. */
uint32_t syncobj_of(int card, int dmabuf);

/* A sync_file of its fence; a descriptor of the object itself; a handle of such a descriptor. */
int syncobj_sync_file(int card, uint32_t handle);
int syncobj_export(int card, uint32_t handle);
uint32_t syncobj_import(int card, int fd);

/* Waits for its fence until `until` (CLOCK_MONOTONIC, ns): 0, or -1 with errno. */
int syncobj_wait(int card, uint32_t handle, int64_t until);

/* The same for a point of a timeline; flags: DRM_SYNCOBJ_WAIT_FLAGS_*. */
int timeline_wait(int card, uint32_t handle, uint64_t point, uint32_t flags, int64_t until);

/*
 * A new timeline: point 1 has signalled, the fence of `handle` is point 2.  What has signalled, or
 * with `submitted` what there is a fence for.
 */
uint32_t timeline_of(int card, uint32_t handle);
uint64_t timeline_query(int card, uint32_t handle, bool submitted);

/* An eventfd that is readable when the fence of the object has signalled. */
int syncobj_eventfd(int card, uint32_t handle);

/* Takes the fence away; puts one that has signalled in its place. */
void syncobj_reset(int card, uint32_t handle);
void syncobj_signal(int card, uint32_t handle);

#endif
