/* SPDX-License-Identifier: MIT */
/* Buffers and fences of vgem. */
#include "vgem.h"

#include "card.h"

#include <drm.h>
#include <drm_mode.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sync_file.h>
#include <poll.h>
#include <pthread.h>
#include <sys/mman.h>
#include <unistd.h>

enum { WIDTH = 64, HEIGHT = 64, BITS = 32, MOMENT_US = 30000 };

/* libdrm does not carry the header of vgem: the two requests and what they take. */
enum { FENCE_ATTACH = DRM_COMMAND_BASE + 1, FENCE_SIGNAL = DRM_COMMAND_BASE + 2, FENCE_WRITE = 1 };

struct fence_attach {
	uint32_t handle, flags, out_fence, pad;
};

struct fence_signal {
	uint32_t fence, flags;
};

static bool is_vgem(int card, void *arg)
{
	(void)arg;
	return card_is(card, "vgem");
}

static int open_vgem(void)
{
	int card = card_open(is_vgem, NULL);

	if (card < 0)
		skip("no vgem");
	return card;
}

void vgem_init_size(struct vgem *g, uint32_t width, uint32_t height)
{
	struct drm_mode_create_dumb d = {.width = width, .height = height, .bpp = BITS};
	struct drm_prime_handle p = {.flags = DRM_CLOEXEC | DRM_RDWR};

	g->card = open_vgem();
	CHECK(ioctl(g->card, DRM_IOCTL_MODE_CREATE_DUMB, &d));
	g->handle = p.handle = d.handle;
	CHECK(ioctl(g->card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &p));
	dbuf_init(&g->buf, p.fd, d.size);
}

void vgem_init(struct vgem *g)
{
	vgem_init_size(g, WIDTH, HEIGHT);
}

void vgem_finish(struct vgem *g)
{
	struct drm_mode_destroy_dumb d = {.handle = g->handle};

	dbuf_finish(&g->buf);
	CHECK(ioctl(g->card, DRM_IOCTL_MODE_DESTROY_DUMB, &d));
	CHECK(close(g->card));
}

static uint32_t attach(const struct vgem *g, uint32_t flags)
{
	struct fence_attach a = {.handle = g->handle, .flags = flags};

	CHECK(ioctl(g->card, DRM_IOWR(FENCE_ATTACH, struct fence_attach), &a));
	return a.out_fence;
}

/* Starts a device's write to the buffer, which lasts until it is signalled, 10 s at most. */
uint32_t vgem_fence_write(const struct vgem *g)
{
	return attach(g, FENCE_WRITE);
}

uint32_t vgem_fence_read(const struct vgem *g)
{
	return attach(g, 0);
}

void vgem_fence_signal(const struct vgem *g, uint32_t fence)
{
	struct fence_signal s = {.fence = fence};

	CHECK(ioctl(g->card, DRM_IOW(FENCE_SIGNAL, struct fence_signal), &s));
}

static struct {
	pthread_t thread;
	const struct vgem *g;
	uint32_t fence;
} later;

static void *signal_later(void *arg)
{
	usleep(MOMENT_US);
	vgem_fence_signal(later.g, later.fence);
	return arg;
}

void vgem_signal_later(const struct vgem *g, uint32_t fence)
{
	later.g = g;
	later.fence = fence;
	if (pthread_create(&later.thread, NULL, signal_later, NULL))
		die("pthread_create");
}

void vgem_signal_join(void)
{
	pthread_join(later.thread, NULL);
}

void vgem_signal_begin(const struct vgem *g, uint32_t fence)
{
	later.g = g;
	later.fence = fence;
	if (TWIN)
		vgem_signal_later(g, fence);
}

void vgem_signal_end(void)
{
	if (TWIN)
		vgem_signal_join();
	else
		vgem_fence_signal(later.g, later.fence);
}

volatile unsigned char *vgem_map(const struct vgem *g)
{
	struct drm_mode_map_dumb m = {.handle = g->handle};
	void *map;

	CHECK(ioctl(g->card, DRM_IOCTL_MODE_MAP_DUMB, &m));
	map = mmap(NULL, g->buf.size, PROT_READ | PROT_WRITE, MAP_SHARED, g->card, (off_t)m.offset);
	if (map == MAP_FAILED)
		die("mmap of a DRM node");
	return map;
}

int fence_export(int dmabuf, uint32_t access)
{
	struct dma_buf_export_sync_file e = {.flags = access, .fd = -1};

	CHECK(ioctl(dmabuf, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &e));
	return e.fd;
}

void fence_import(int dmabuf, int sync_file, uint32_t access)
{
	struct dma_buf_import_sync_file i = {.flags = access, .fd = sync_file};

	CHECK(ioctl(dmabuf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &i));
}

int fence_merge(int a, int b)
{
	struct sync_merge_data m = {.name = "both", .fd2 = b};

	CHECK(ioctl(a, SYNC_IOC_MERGE, &m));
	return m.fence;
}

void fence_poll(int fd, short events)
{
	struct pollfd p = {.fd = fd, .events = events};

	while (poll(&p, 1, -1) < 0)
		if (errno != EINTR)
			die("poll");
}
