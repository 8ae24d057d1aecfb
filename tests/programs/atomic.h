/* SPDX-License-Identifier: MIT */
/* Atomic commits with fences, on the screen that kms_init() has lit. */
#ifndef TESTS_PROGRAMS_ATOMIC_H
#define TESTS_PROGRAMS_ATOMIC_H

#include "kms.h"

struct atomic {
	uint32_t plane;
	uint32_t fb_id, in_fence; /* properties of the plane */
	uint32_t out_fence;	  /* of the CRTC */
};

void atomic_init(struct atomic *a, const struct kms *k);

/* Shows `fb` when `in_fence` (-1 = none) has signalled.  A sync_file that signals when it is shown. */
int atomic_flip(const struct atomic *a, const struct kms *k, uint32_t fb, int in_fence);

#endif
