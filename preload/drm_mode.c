/* SPDX-License-Identifier: MIT */
/* Modesetting calls: what they say about framebuffers and heads.  After success only. */
#include <drm.h>
#include <drm_mode.h>
#include <string.h>

#include "preload/drm.h"
#include "preload/fence.h"
#include "preload/sys.h"

static void add(struct ds_call *call, uint32_t id, const uint32_t *handle, unsigned n)
{
	struct ds_card *card = ds_drm_card_of(call);
	uint32_t buffer[DS_FB_PLANES] = {0};

	if (!card)
		return;
	for (unsigned i = 0; i < n; i++)
		buffer[i] = handle[i] ? ds_drm_handle(call->f->object, handle[i]) : 0;
	ds_fb_add(card, id, buffer);
}

void ds_drm_addfb(struct ds_call *call)
{
	const struct drm_mode_fb_cmd *cmd = call->arg;

	add(call, cmd->fb_id, &cmd->handle, 1);
}

void ds_drm_addfb2(struct ds_call *call)
{
	const struct drm_mode_fb_cmd2 *cmd = call->arg;

	add(call, cmd->fb_id, cmd->handles, DS_FB_PLANES);
}

void ds_drm_rmfb(struct ds_call *call)
{
	struct ds_card *card = ds_drm_card_of(call);

	if (card) /* CLOSEFB too: it begins with the same word */
		ds_fb_remove(card, *(const uint32_t *)call->arg, call->name);
}

void ds_drm_dirtyfb(struct ds_call *call)
{
	struct ds_card *card = ds_drm_card_of(call);

	if (card)
		ds_fb_flush(card, ((const struct drm_mode_fb_dirty_cmd *)call->arg)->fb_id,
			    call->name);
}

void ds_drm_setcrtc(struct ds_call *call)
{
	const struct drm_mode_crtc *set = call->arg;
	struct ds_card *card = ds_drm_card_of(call);

	if (card && set->fb_id != (uint32_t)-1) /* -1: the one that is shown now */
		ds_show(card, set->crtc_id, set->crtc_id, set->mode_valid ? set->fb_id : 0,
			DS_SHOW_NOW, call->name);
}

void ds_drm_setplane(struct ds_call *call)
{
	const struct drm_mode_set_plane *set = call->arg;
	struct ds_card *card = ds_drm_card_of(call);

	if (card)
		ds_show(card, set->plane_id, set->crtc_id, set->fb_id, DS_SHOW_NOW, call->name);
}

void ds_drm_page_flip(struct ds_call *call)
{
	const struct drm_mode_crtc_page_flip *flip = call->arg;
	struct ds_card *card = ds_drm_card_of(call);

	if (card)
		ds_show(card, flip->crtc_id, flip->crtc_id, flip->fb_id,
			flip->flags & DRM_MODE_PAGE_FLIP_EVENT ? DS_SHOW_AT_EVENT : DS_SHOW_NOW,
			call->name);
}

/* ---- atomic ---- */

/* Every atomic client asks for the names of properties: that is how their numbers are known. */
void ds_drm_getproperty(struct ds_call *call)
{
	const struct drm_mode_get_property *prop = call->arg;
	struct ds_card *card = ds_drm_card_of(call);

	if (card && !strncmp(prop->name, "FB_ID", sizeof(prop->name)))
		card->prop_fb = prop->prop_id;
	else if (card && !strncmp(prop->name, "CRTC_ID", sizeof(prop->name)))
		card->prop_crtc = prop->prop_id;
	else if (card && !strncmp(prop->name, "OUT_FENCE_PTR", sizeof(prop->name)))
		card->prop_out = prop->prop_id;
}

struct object {
	uint32_t id;
	bool has_fb;
	uint64_t fb, crtc, out; /* out: where the kernel has put the out-fence, 0 = nowhere */
};

static void read_object(const struct ds_card *card, const uint32_t *prop, const uint64_t *value,
			uint32_t n, struct object *ret)
{
	ret->crtc = ds_show_crtc(card, ret->id);
	for (uint32_t i = 0; i < n; i++) {
		if (prop[i] == card->prop_fb) {
			ret->has_fb = true;
			ret->fb = value[i];
		} else if (prop[i] == card->prop_crtc) {
			ret->crtc = value[i];
		} else if (prop[i] == card->prop_out) {
			ret->out = value[i];
		}
	}
}

/* What the kernel has put where OUT_FENCE_PTR of a CRTC points, -1 = no fence. */
static int out_fence(const struct object *o)
{
	return o->out ? *(const int32_t *)(uintptr_t)o->out : -1;
}

/*
 * The objects of a commit that was accepted, one after another.  A flip is complete when its event
 * is read or its out-fence is waited for; where the program asked for neither, at once.
 */
static bool each_object(struct ds_call *call, const struct ds_card *card,
			bool (*fn)(struct ds_call *call, const struct object *o, enum ds_show when),
			enum ds_show when)
{
	const struct drm_mode_atomic *a = call->arg;
	const uint32_t *objects = (const void *)(uintptr_t)a->objs_ptr;
	const uint32_t *counts = (const void *)(uintptr_t)a->count_props_ptr;
	const uint32_t *props = (const void *)(uintptr_t)a->props_ptr;
	const uint64_t *values = (const void *)(uintptr_t)a->prop_values_ptr;
	uint32_t at = 0;
	bool any = false;

	for (uint32_t i = 0; i < a->count_objs; at += counts[i++]) {
		struct object o = {.id = objects[i]};

		read_object(card, props + at, values + at, counts[i], &o);
		any = fn(call, &o, when) || any;
	}
	return any;
}

static bool show(struct ds_call *call, const struct object *o, enum ds_show when)
{
	if (o->has_fb)
		ds_show(ds_drm_card_of(call), o->id, (uint32_t)o->crtc, (uint32_t)o->fb,
			o->fb ? when : DS_SHOW_NOW, call->name);
	return false;
}

static bool has_out(struct ds_call *call, const struct object *o, enum ds_show when)
{
	(void)call;
	(void)when;
	return out_fence(o) >= 0;
}

/* After the heads know what is pending: a blocking commit's fence has signalled already. */
static bool follow_out(struct ds_call *call, const struct object *o, enum ds_show when)
{
	int fd = out_fence(o);

	(void)when;
	if (fd < 0)
		return false;
	ds_fd_fresh(fd);
	ds_fence_flip(fd, ds_drm_card_of(call), o->id);
	return true;
}

void ds_drm_atomic(struct ds_call *call)
{
	const struct drm_mode_atomic *a = call->arg;
	struct ds_card *card = ds_drm_card_of(call);
	enum ds_show when = a->flags & DRM_MODE_PAGE_FLIP_EVENT ? DS_SHOW_AT_EVENT : DS_SHOW_NOW;

	if (!card || !card->prop_fb || (a->flags & DRM_MODE_ATOMIC_TEST_ONLY))
		return;
	if (each_object(call, card, has_out, when))
		when = DS_SHOW_AT_EVENT;
	each_object(call, card, show, when);
	if (each_object(call, card, follow_out, when) && !(a->flags & DRM_MODE_ATOMIC_NONBLOCK))
		ds_fences_look();
}
