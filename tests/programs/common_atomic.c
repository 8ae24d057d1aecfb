/* SPDX-License-Identifier: MIT */
/* Atomic commits: properties by name, and one plane's flip. */
#include "atomic.h"

#include <drm.h>
#include <drm_mode.h>
#include <string.h>

enum { PROPS = 64, PLANES = 32 };

static uint32_t property(int card, uint32_t object, uint32_t type, const char *name)
{
	uint32_t ids[PROPS] = {0};
	uint64_t values[PROPS];
	struct drm_mode_obj_get_properties o = {
		.props_ptr = (uintptr_t)ids,
		.prop_values_ptr = (uintptr_t)values,
		.count_props = PROPS,
		.obj_id = object,
		.obj_type = type,
	};

	CHECK(ioctl(card, DRM_IOCTL_MODE_OBJ_GETPROPERTIES, &o));
	for (uint32_t i = 0; i < o.count_props && i < PROPS; i++) {
		struct drm_mode_get_property p = {.prop_id = ids[i]};

		CHECK(ioctl(card, DRM_IOCTL_MODE_GETPROPERTY, &p));
		if (!strcmp(p.name, name))
			return ids[i];
	}
	skip("a property is missing");
}

/* The plane that the CRTC shows now. */
static uint32_t plane_of(int card, uint32_t crtc)
{
	uint32_t ids[PLANES] = {0};
	struct drm_mode_get_plane_res r = {.plane_id_ptr = (uintptr_t)ids, .count_planes = PLANES};

	CHECK(ioctl(card, DRM_IOCTL_MODE_GETPLANERESOURCES, &r));
	for (uint32_t i = 0; i < r.count_planes && i < PLANES; i++) {
		struct drm_mode_get_plane p = {.plane_id = ids[i]};

		CHECK(ioctl(card, DRM_IOCTL_MODE_GETPLANE, &p));
		if (p.crtc_id == crtc)
			return ids[i];
	}
	skip("no plane");
}

void atomic_init(struct atomic *a, const struct kms *k)
{
	struct drm_set_client_cap cap = {.capability = DRM_CLIENT_CAP_ATOMIC, .value = 1};

	CHECK(ioctl(k->card, DRM_IOCTL_SET_CLIENT_CAP, &cap));
	a->plane = plane_of(k->card, k->crtc);
	a->fb_id = property(k->card, a->plane, DRM_MODE_OBJECT_PLANE, "FB_ID");
	a->in_fence = property(k->card, a->plane, DRM_MODE_OBJECT_PLANE, "IN_FENCE_FD");
	a->out_fence = property(k->card, k->crtc, DRM_MODE_OBJECT_CRTC, "OUT_FENCE_PTR");
}

int atomic_flip(const struct atomic *a, const struct kms *k, uint32_t fb, int in_fence)
{
	int32_t out = -1;
	uint32_t objects[] = {a->plane, k->crtc}, counts[] = {2, 1};
	uint32_t props[] = {a->fb_id, a->in_fence, a->out_fence};
	uint64_t values[] = {fb, (uint64_t)(int64_t)in_fence, (uintptr_t)&out};
	struct drm_mode_atomic c = {
		.flags = DRM_MODE_ATOMIC_NONBLOCK,
		.count_objs = 2,
		.objs_ptr = (uintptr_t)objects,
		.count_props_ptr = (uintptr_t)counts,
		.props_ptr = (uintptr_t)props,
		.prop_values_ptr = (uintptr_t)values,
	};

	CHECK(ioctl(k->card, DRM_IOCTL_MODE_ATOMIC, &c));
	return out;
}
