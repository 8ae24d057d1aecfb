/* SPDX-License-Identifier: MIT */
/*
 * T13: memory that a GPU driver's own calls allocate and map, as GL and Vulkan drivers use it: the
 * CPU writes, the device takes its copy, all through the DRM node and ordered by the driver's calls,
 * with no SYNC; the dma-buf that is exported for a compositor changes nothing.
 * rule: none
 * devices: kms
 */
#include "card.h"

#include <drm.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>
#include <virtgpu_drm.h>

enum { WIDTH = 64, HEIGHT = 64, BYTES = 4, TEXTURE_2D = 2, BGRX = 2, RENDER_TARGET = 2 };

static bool is_virtio(int card, void *arg)
{
	(void)arg;
	return card_is(card, "virtio_gpu");
}

static void upload(int card, uint32_t handle)
{
	struct drm_virtgpu_3d_transfer_to_host t = {
		.bo_handle = handle,
		.box = {.w = WIDTH, .h = HEIGHT, .d = 1},
	};
	struct drm_virtgpu_3d_wait w = {.handle = handle};

	CHECK(ioctl(card, DRM_IOCTL_VIRTGPU_TRANSFER_TO_HOST, &t));
	CHECK(ioctl(card, DRM_IOCTL_VIRTGPU_WAIT, &w));
}

int main(void)
{
	struct drm_virtgpu_resource_create c = {
		.target = TEXTURE_2D,
		.format = BGRX,
		.bind = RENDER_TARGET,
		.width = WIDTH,
		.height = HEIGHT,
		.depth = 1,
		.array_size = 1,
		.size = WIDTH * HEIGHT * BYTES,
		.stride = WIDTH * BYTES,
	};
	struct drm_prime_handle p = {.flags = DRM_CLOEXEC | DRM_RDWR};
	struct drm_virtgpu_map m = {.offset = 0};
	struct drm_gem_close end;
	int card = card_open(is_virtio, NULL);
	volatile unsigned char *map;

	case_begin();
	if (card < 0)
		skip("no virtio-gpu");
	CHECK(ioctl(card, DRM_IOCTL_VIRTGPU_RESOURCE_CREATE, &c));
	m.handle = p.handle = end.handle = c.bo_handle;
	CHECK(ioctl(card, DRM_IOCTL_VIRTGPU_MAP, &m));
	map = mmap(NULL, c.size, PROT_READ | PROT_WRITE, MAP_SHARED, card, (off_t)m.offset);
	if (map == MAP_FAILED)
		die("mmap of the resource");
	CHECK(ioctl(card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &p));
	for (int n = 0; n < 3; n++) {
		map[n]++;
		upload(card, c.bo_handle);
	}
	CHECK(close(p.fd));
	CHECK(munmap((void *)map, c.size));
	end.pad = 0;
	CHECK(ioctl(card, DRM_IOCTL_GEM_CLOSE, &end));
	CHECK(close(card));
	return 0;
}
