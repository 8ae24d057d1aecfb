/* SPDX-License-Identifier: MIT */
/* Buffers and fences of vgem. */
#include "vgem.h"

#include <drm.h>
#include <drm_mode.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CARDS = 16, WIDTH = 64, HEIGHT = 64, BITS = 32 };

/* libdrm does not carry the header of vgem: the two requests and what they take. */
enum { FENCE_ATTACH = DRM_COMMAND_BASE + 1, FENCE_SIGNAL = DRM_COMMAND_BASE + 2, FENCE_WRITE = 1 };

struct fence_attach {
	uint32_t handle, flags, out_fence, pad;
};

struct fence_signal {
	uint32_t fence, flags;
};

static bool is_vgem(int fd)
{
	char name[16] = "";
	struct drm_version v = {.name = name, .name_len = sizeof(name) - 1};

	return ioctl(fd, DRM_IOCTL_VERSION, &v) == 0 && !strcmp(name, "vgem");
}

static int open_card(void)
{
	char path[32];
	int fd;

	for (int i = 0; i < CARDS; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && is_vgem(fd))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	skip("no vgem");
}

void vgem_init(struct vgem *g)
{
	struct drm_mode_create_dumb d = {.width = WIDTH, .height = HEIGHT, .bpp = BITS};
	struct drm_prime_handle p = {.flags = DRM_CLOEXEC | DRM_RDWR};

	g->card = open_card();
	CHECK(ioctl(g->card, DRM_IOCTL_MODE_CREATE_DUMB, &d));
	g->handle = p.handle = d.handle;
	CHECK(ioctl(g->card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &p));
	dbuf_init(&g->buf, p.fd, d.size);
}

void vgem_finish(struct vgem *g)
{
	struct drm_mode_destroy_dumb d = {.handle = g->handle};

	dbuf_finish(&g->buf);
	CHECK(ioctl(g->card, DRM_IOCTL_MODE_DESTROY_DUMB, &d));
	CHECK(close(g->card));
}

/* Starts a device's write to the buffer, which lasts until it is signalled, 10 s at most. */
uint32_t vgem_fence_write(const struct vgem *g)
{
	struct fence_attach a = {.handle = g->handle, .flags = FENCE_WRITE};

	CHECK(ioctl(g->card, DRM_IOWR(FENCE_ATTACH, struct fence_attach), &a));
	return a.out_fence;
}

void vgem_fence_signal(const struct vgem *g, uint32_t fence)
{
	struct fence_signal s = {.fence = fence};

	CHECK(ioctl(g->card, DRM_IOW(FENCE_SIGNAL, struct fence_signal), &s));
}
