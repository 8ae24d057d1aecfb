/* SPDX-License-Identifier: MIT */
/* A buffer of vgem: the one device that puts a fence on a buffer on demand. */
#ifndef TESTS_PROGRAMS_VGEM_H
#define TESTS_PROGRAMS_VGEM_H

#include "common.h"

#include <stdint.h>

struct vgem {
	int card;
	uint32_t handle;
	struct dbuf buf;
};

void vgem_init(struct vgem *g);
void vgem_finish(struct vgem *g);
uint32_t vgem_fence_write(const struct vgem *g);
void vgem_fence_signal(const struct vgem *g, uint32_t fence);

#endif
