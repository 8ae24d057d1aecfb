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
	uint32_t width, height;
	struct kms_fb fb[2];
};

/* Shows fb[0]. `driver`: only that one, NULL = any. */
void kms_init(struct kms *k, const char *driver);
void kms_finish(struct kms *k);

/* Asks for a flip to fb[n]; it is complete when its event has been read. */
void kms_flip(const struct kms *k, int n);
void kms_flip_to(const struct kms *k, uint32_t fb);
void kms_wait_flip(const struct kms *k);

/* A framebuffer of somebody else's dma-buf, of the screen's size; the handle is the card's. */
uint32_t kms_import(const struct kms *k, int dmabuf, uint32_t *ret_handle);
void kms_drop(const struct kms *k, uint32_t fb, uint32_t handle);

/* A descriptor of fb[n]'s buffer. */
int kms_export(const struct kms *k, int n);

/* Tells the driver that fb[n] was drawn. */
void kms_dirty(const struct kms *k, int n);

#endif
