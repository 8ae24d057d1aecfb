/* SPDX-License-Identifier: MIT */
/* DRM files, GEM handles, framebuffers and what is being shown.  All functions: lock held. */
#ifndef DS_PRELOAD_DRM_H
#define DS_PRELOAD_DRM_H

#include "preload/ioctl.h"

/* ---- drm.c: open files and the GEM handles of each ---- */

/* The open file behind a descriptor of a DRM node; dup and fork share it. */
uint32_t ds_drm_file(int fd, uint64_t rdev);
uint32_t ds_drm_get(uint32_t file);
void ds_drm_put(uint32_t file);

/* The card behind an open file: framebuffers and heads belong to it, whoever opened it. */
struct ds_card {
	uint64_t rdev;
	uint32_t actor; /* number of its DEVICE event */
	bool vgem;
	bool copies; /* the driver shows a copy of a framebuffer, made at a flip or DIRTYFB */
	/* ids of the properties FB_ID, CRTC_ID and OUT_FENCE_PTR, 0 = not seen */
	uint32_t prop_fb, prop_crtc, prop_out;
};
struct ds_card *ds_drm_card(uint32_t file);

/* The card of a call's descriptor; NULL when the call failed or is no DRM call. */
struct ds_card *ds_drm_card_of(const struct ds_call *call);

/* A forked child's trace begins: name the cards again.  Lock held. */
void ds_drm_introduce(void);

/* Buffer of a handle, 0 = made in a way that is not followed. */
uint32_t ds_drm_handle(uint32_t file, uint32_t handle);

/* The program mapped a DRM node: tie the range to its buffer.  False when nothing is known. */
bool ds_drm_mapped(uint32_t file, uint64_t offset, uintptr_t addr, size_t len, int prot);

/* ---- drm_show.c: framebuffers, and which of them are on a screen ---- */

#define DS_FB_PLANES 4

void ds_fb_add(struct ds_card *card, uint32_t id, const uint32_t buffer[DS_FB_PLANES]);
void ds_fb_flush(struct ds_card *card, uint32_t id, uint32_t name);

enum ds_show { DS_SHOW_NOW, DS_SHOW_AT_EVENT };

/* Head `id` (a CRTC or a plane of CRTC `crtc`) goes over to framebuffer `fb`, 0 = none. */
void ds_show(struct ds_card *card, uint32_t id, uint32_t crtc, uint32_t fb, enum ds_show when,
	     uint32_t name);

/* The framebuffer is gone, and with it from every head. */
void ds_fb_remove(struct ds_card *card, uint32_t id, uint32_t name);

/* A flip of the CRTC is complete: the heads show what was pending. */
void ds_drm_flipped(const struct ds_card *card, uint32_t crtc);

/* Events that the program has read from a DRM descriptor: flips that are complete. */
void ds_drm_events(uint32_t file, const void *buf, size_t n);

/* The CRTC of a plane as it was last told, 0 = unknown. */
uint32_t ds_show_crtc(const struct ds_card *card, uint32_t id);

#endif
