/* SPDX-License-Identifier: MIT */
/* A screen of virtio-gpu or vkms with two framebuffers that the CPU draws. */
#ifndef TESTS_PROGRAMS_KMS_H
#define TESTS_PROGRAMS_KMS_H

#include "common.h"

#include <stdint.h>

struct kms_fb {
	uint32_t handle, id;
	size_t size;
	volatile unsigned char *map; /* of the DRM node */
};

struct kms {
	int card;
	uint32_t connector, crtc;
	struct kms_fb fb[2];
};

/* Shows fb[0]. `driver`: only that one, NULL = any. */
void kms_init(struct kms *k, const char *driver);
void kms_finish(struct kms *k);

/* Asks for a flip to fb[n]; it is complete when its event has been read. */
void kms_flip(const struct kms *k, int n);
void kms_wait_flip(const struct kms *k);

/* A descriptor of fb[n]'s buffer. */
int kms_export(const struct kms *k, int n);

/* Tells the driver that fb[n] was drawn. */
void kms_dirty(const struct kms *k, int n);

#endif
