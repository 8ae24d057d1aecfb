/* SPDX-License-Identifier: MIT */
/* Modesetting on the first card that has a connected screen. */
#include "kms.h"

#include "card.h"

#include <drm.h>
#include <drm_mode.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

enum { IDS = 16, MODES = 64, BITS = 32 };

struct screen {
	const char *driver; /* NULL = any */
	uint32_t connector, crtc;
	struct drm_mode_modeinfo mode;
};

static bool first_mode(int fd, uint32_t connector, struct drm_mode_modeinfo *ret)
{
	static struct drm_mode_modeinfo modes[MODES];
	struct drm_mode_get_connector c = {.connector_id = connector};

	if (ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &c) || c.connection != 1 || !c.count_modes ||
	    c.count_modes > MODES)
		return false;
	c = (struct drm_mode_get_connector){
		.connector_id = connector,
		.count_modes = c.count_modes,
		.modes_ptr = (uintptr_t)modes,
	};
	if (ioctl(fd, DRM_IOCTL_MODE_GETCONNECTOR, &c))
		return false;
	*ret = modes[0];
	return true;
}

static bool find_screen(int fd, struct screen *ret)
{
	uint32_t connectors[IDS], crtcs[IDS];
	struct drm_mode_card_res r = {.count_connectors = 0};

	if (ioctl(fd, DRM_IOCTL_MODE_GETRESOURCES, &r) || !r.count_connectors || !r.count_crtcs ||
	    r.count_connectors > IDS || r.count_crtcs > IDS)
		return false;
	r = (struct drm_mode_card_res){
		.count_connectors = r.count_connectors,
		.count_crtcs = r.count_crtcs,
		.connector_id_ptr = (uintptr_t)connectors,
		.crtc_id_ptr = (uintptr_t)crtcs,
	};
	if (ioctl(fd, DRM_IOCTL_MODE_GETRESOURCES, &r))
		return false;
	ret->crtc = crtcs[0];
	for (uint32_t i = 0; i < r.count_connectors; i++) {
		ret->connector = connectors[i];
		if (first_mode(fd, connectors[i], &ret->mode))
			return true;
	}
	return false;
}

static bool has_screen(int card, void *arg)
{
	struct screen *s = arg;

	return card_is(card, s->driver) && find_screen(card, s);
}

static int open_screen(const char *driver, struct screen *ret)
{
	int card;

	ret->driver = driver;
	card = card_open(has_screen, ret);
	if (card < 0)
		skip("no screen that fits");
	return card;
}

static void make_fb(int card, const struct drm_mode_modeinfo *mode, struct kms_fb *ret)
{
	struct drm_mode_create_dumb d = {
		.width = mode->hdisplay, .height = mode->vdisplay, .bpp = BITS};
	struct drm_mode_fb_cmd f = {
		.width = mode->hdisplay, .height = mode->vdisplay, .bpp = BITS, .depth = 24};
	struct drm_mode_map_dumb m = {.handle = 0};
	void *map;

	CHECK(ioctl(card, DRM_IOCTL_MODE_CREATE_DUMB, &d));
	f.handle = m.handle = d.handle;
	f.pitch = d.pitch;
	CHECK(ioctl(card, DRM_IOCTL_MODE_ADDFB, &f));
	CHECK(ioctl(card, DRM_IOCTL_MODE_MAP_DUMB, &m));
	map = mmap(NULL, d.size, PROT_READ | PROT_WRITE, MAP_SHARED, card, (off_t)m.offset);
	if (map == MAP_FAILED)
		die("mmap of a DRM node");
	*ret = (struct kms_fb){.handle = d.handle, .id = f.fb_id, .size = d.size, .map = map};
}

void kms_init(struct kms *k, const char *driver)
{
	struct screen s;
	struct drm_mode_crtc c = {.count_connectors = 1, .mode_valid = 1};

	k->card = open_screen(driver, &s);
	k->connector = s.connector;
	k->crtc = s.crtc;
	k->width = s.mode.hdisplay;
	k->height = s.mode.vdisplay;
	for (int i = 0; i < 2; i++)
		make_fb(k->card, &s.mode, &k->fb[i]);
	c.set_connectors_ptr = (uintptr_t)&k->connector;
	c.crtc_id = k->crtc;
	c.fb_id = k->fb[0].id;
	c.mode = s.mode;
	CHECK(ioctl(k->card, DRM_IOCTL_MODE_SETCRTC, &c));
}

void kms_flip_to(const struct kms *k, uint32_t fb)
{
	struct drm_mode_crtc_page_flip f = {
		.crtc_id = k->crtc, .fb_id = fb, .flags = DRM_MODE_PAGE_FLIP_EVENT};

	CHECK(ioctl(k->card, DRM_IOCTL_MODE_PAGE_FLIP, &f));
}

void kms_flip(const struct kms *k, int n)
{
	kms_flip_to(k, k->fb[n].id);
}

uint32_t kms_import(const struct kms *k, int dmabuf, uint32_t *ret_handle)
{
	struct drm_prime_handle p = {.fd = dmabuf};
	struct drm_mode_fb_cmd f = {.width = k->width,
				    .height = k->height,
				    .pitch = k->width * BITS / 8,
				    .bpp = BITS,
				    .depth = 24};

	CHECK(ioctl(k->card, DRM_IOCTL_PRIME_FD_TO_HANDLE, &p));
	f.handle = *ret_handle = p.handle;
	CHECK(ioctl(k->card, DRM_IOCTL_MODE_ADDFB, &f));
	return f.fb_id;
}

void kms_drop(const struct kms *k, uint32_t fb, uint32_t handle)
{
	struct drm_gem_close c = {.handle = handle};

	CHECK(ioctl(k->card, DRM_IOCTL_MODE_RMFB, &fb));
	CHECK(ioctl(k->card, DRM_IOCTL_GEM_CLOSE, &c));
}

void kms_wait_flip(const struct kms *k)
{
	char events[256];

	CHECK(read(k->card, events, sizeof(events)));
}

int kms_export(const struct kms *k, int n)
{
	struct drm_prime_handle p = {.handle = k->fb[n].handle, .flags = DRM_CLOEXEC | DRM_RDWR};

	CHECK(ioctl(k->card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &p));
	return p.fd;
}

void kms_dirty(const struct kms *k, int n)
{
	struct drm_mode_fb_dirty_cmd d = {.fb_id = k->fb[n].id};

	CHECK(ioctl(k->card, DRM_IOCTL_MODE_DIRTYFB, &d));
}

void kms_finish(struct kms *k)
{
	for (int i = 0; i < 2; i++) {
		struct drm_mode_destroy_dumb d = {.handle = k->fb[i].handle};

		CHECK(munmap((void *)k->fb[i].map, k->fb[i].size));
		CHECK(ioctl(k->card, DRM_IOCTL_MODE_RMFB, &k->fb[i].id));
		CHECK(ioctl(k->card, DRM_IOCTL_MODE_DESTROY_DUMB, &d));
	}
	CHECK(close(k->card));
}
