/* SPDX-License-Identifier: MIT */
/*
 * Framebuffers, and which of them a head (a CRTC, or a plane of one) shows.
 *
 * Scanout is no claim: drawing into what is shown tears and corrupts nothing.  It is recorded beside
 * the claims.  Where nothing tells when a flip is complete, the old framebuffer counts as free at
 * once: what is not known stays silent.
 */
#include <drm.h>
#include <string.h>

#include "preload/drm.h"
#include "preload/fence.h"
#include "preload/options.h"
#include "preload/recorder.h"

struct fb {
	const struct ds_card *card; /* NULL = removed */
	uint32_t id;
	uint32_t buffer[DS_FB_PLANES];
};

struct head {
	const struct ds_card *card;
	uint32_t id, crtc;
	uint32_t shown, pending; /* framebuffer ids, 0 = none */
	bool several;		 /* the program shows more than one framebuffer in turn */
};

static struct ds_table fbs = {.size = sizeof(struct fb)};
static struct ds_table heads = {.size = sizeof(struct head)};

static struct fb *find_fb(const struct ds_card *card, uint32_t id)
{
	for (uint32_t i = fbs.used; i > 0; i--) {
		struct fb *f = ds_table_at(&fbs, i);

		if (f->card == card && f->id == id)
			return f;
	}
	return NULL;
}

void ds_fb_add(struct ds_card *card, uint32_t id, const uint32_t buffer[DS_FB_PLANES])
{
	struct fb *f = find_fb(card, id);
	uint32_t number;

	if (!f)
		f = find_fb(NULL, 0);
	if (!f)
		f = ds_table_new(&fbs, &number);
	if (!f) {
		ds_note_missed(DS_MISSED_TABLE_FULL, 0);
		return;
	}
	*f = (struct fb){.card = card, .id = id};
	memcpy(f->buffer, buffer, sizeof(f->buffer));
}

static void emit(const struct ds_card *card, uint32_t head, uint32_t fb, enum ds_event_type type,
		 unsigned state, uint32_t name)
{
	const struct fb *f = fb ? find_fb(card, fb) : NULL;
	uint32_t stack = f ? ds_stack_here() : 0;

	for (unsigned p = 0; f && p < DS_FB_PLANES; p++) {
		/* planes of one buffer are one buffer */
		if (!f->buffer[p] || (p && f->buffer[p] == f->buffer[p - 1]))
			continue;
		ds_emit((struct ds_event){.type = (uint16_t)type,
					  .stack = stack,
					  .buffer = f->buffer[p],
					  .actor = card->actor,
					  .a = head,
					  .b = fb,
					  .c = state,
					  .d = name});
		if (ds_options.observe && ds_buf_at(f->buffer[p])) /* a window of its own */
			ds_guard_buffer(ds_buf_at(f->buffer[p]));
	}
}

static void tell(const struct head *h, uint32_t fb, unsigned state, uint32_t name)
{
	if (state && h->several)
		state |= DS_SCANOUT_SEVERAL;
	if (state && h->card->copies)
		state |= DS_SCANOUT_COPY;
	emit(h->card, h->id, fb, DS_EV_SCANOUT, state, name);
}

void ds_fb_flush(struct ds_card *card, uint32_t id, uint32_t name)
{
	emit(card, 0, id, DS_EV_FLUSH, 0, name);
}

static struct head *find_head(const struct ds_card *card, uint32_t id, bool make)
{
	struct head *h;
	uint32_t number;

	for (uint32_t i = 1; i <= heads.used; i++) {
		h = ds_table_at(&heads, i);
		if (h->card == card && h->id == id)
			return h;
	}
	h = make ? ds_table_new(&heads, &number) : NULL;
	if (h)
		*h = (struct head){.card = card, .id = id};
	return h;
}

uint32_t ds_show_crtc(const struct ds_card *card, uint32_t id)
{
	const struct head *h = find_head(card, id, false);

	return h ? h->crtc : 0;
}

static void arrive(struct head *h, uint32_t fb, uint32_t name)
{
	uint32_t old = h->shown;

	h->shown = fb;
	h->pending = 0;
	if (old && old != fb)
		tell(h, old, 0, name);
	if (fb)
		tell(h, fb, DS_SCANOUT_SHOWN, name);
}

void ds_show(struct ds_card *card, uint32_t id, uint32_t crtc, uint32_t fb, enum ds_show when,
	     uint32_t name)
{
	struct head *h = find_head(card, id, true);

	if (!h)
		return;
	h->crtc = crtc;
	if (fb && h->shown && h->shown != fb)
		h->several = true;
	if (when == DS_SHOW_NOW) {
		if (h->pending && h->pending != fb)
			tell(h, h->pending, 0, name);
		arrive(h, fb, name);
		return;
	}
	if (h->shown && h->shown != fb) /* again, now that it is known to be one of several */
		tell(h, h->shown, DS_SCANOUT_SHOWN, name);
	h->pending = fb;
	if (fb != h->shown)
		tell(h, fb, DS_SCANOUT_PENDING, name);
}

void ds_fb_remove(struct ds_card *card, uint32_t id, uint32_t name)
{
	struct fb *f = find_fb(card, id);

	for (uint32_t i = 1; i <= heads.used; i++) {
		struct head *h = ds_table_at(&heads, i);

		if (h->card != card || !id || (h->shown != id && h->pending != id))
			continue;
		tell(h, id, 0, name);
		h->shown = h->shown == id ? 0 : h->shown;
		h->pending = h->pending == id ? 0 : h->pending;
	}
	if (f)
		*f = (struct fb){.id = 0};
}

static void flipped(const struct ds_card *card, uint32_t crtc, const char *what)
{
	for (uint32_t i = 1; i <= heads.used; i++) {
		struct head *h = ds_table_at(&heads, i);

		/* kernels before 4.12 do not say which CRTC, a commit not the plane's */
		if (h->card == card && h->pending && (!crtc || !h->crtc || h->crtc == crtc))
			arrive(h, h->pending, ds_text(what));
	}
}

void ds_drm_flipped(const struct ds_card *card, uint32_t crtc)
{
	flipped(card, crtc, "out-fence");
}

void ds_drm_events(uint32_t file, const void *buf, size_t n)
{
	const struct ds_card *card = ds_drm_card(file);
	struct drm_event_vblank ev;

	for (size_t at = 0; card && at + sizeof(struct drm_event) <= n;) {
		memset(&ev, 0, sizeof(ev));
		memcpy(&ev, (const char *)buf + at, n - at < sizeof(ev) ? n - at : sizeof(ev));
		if (ev.base.length < sizeof(struct drm_event))
			return;
		if (ev.base.type == DRM_EVENT_FLIP_COMPLETE)
			flipped(card, ev.crtc_id, "flip event");
		at += ev.base.length;
	}
	if (atomic_load(&ds_fences)) /* a flip has waited for the fences of what it shows */
		ds_fences_look();
}
