/* SPDX-License-Identifier: MIT */
/* Sync objects of virtio-gpu. */
#include "syncobj.h"

#include "card.h"
#include "vgem.h"

#include <drm.h>
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* newer than libdrm of Debian 12 */
struct syncobj_eventfd {
	uint32_t handle, flags;
	uint64_t point;
	int32_t fd;
	uint32_t pad;
};
#define SYNCOBJ_EVENTFD DRM_IOWR(0xCF, struct syncobj_eventfd)

static bool has_timelines(int card, void *arg)
{
	struct drm_get_cap cap = {.capability = DRM_CAP_SYNCOBJ_TIMELINE};

	(void)arg;
	return ioctl(card, DRM_IOCTL_GET_CAP, &cap) == 0 && cap.value;
}

int syncobj_card(void)
{
	int card = card_open(has_timelines, NULL);

	if (card < 0)
		skip("no card with sync objects");
	return card;
}

uint32_t syncobj_create(int card)
{
	struct drm_syncobj_create c = {.flags = 0};

	CHECK(ioctl(card, DRM_IOCTL_SYNCOBJ_CREATE, &c));
	return c.handle;
}

void syncobj_destroy(int card, uint32_t handle)
{
	struct drm_syncobj_destroy d = {.handle = handle};

	CHECK(ioctl(card, DRM_IOCTL_SYNCOBJ_DESTROY, &d));
}

uint32_t syncobj_of(int card, int dmabuf)
{
	struct drm_syncobj_handle h = {
		.handle = syncobj_create(card),
		.flags = DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE,
		.fd = fence_export(dmabuf, DMA_BUF_SYNC_READ),
	};

	CHECK(ioctl(card, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &h));
	CHECK(close(h.fd));
	return h.handle;
}

static int descriptor(int card, uint32_t handle, uint32_t flags)
{
	struct drm_syncobj_handle h = {.handle = handle, .flags = flags, .fd = -1};

	CHECK(ioctl(card, DRM_IOCTL_SYNCOBJ_HANDLE_TO_FD, &h));
	return h.fd;
}

int syncobj_sync_file(int card, uint32_t handle)
{
	return descriptor(card, handle, DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE);
}

int syncobj_export(int card, uint32_t handle)
{
	return descriptor(card, handle, 0);
}

uint32_t syncobj_import(int card, int fd)
{
	struct drm_syncobj_handle h = {.fd = fd};

	CHECK(ioctl(card, DRM_IOCTL_SYNCOBJ_FD_TO_HANDLE, &h));
	return h.handle;
}

int syncobj_wait(int card, uint32_t handle, int64_t until)
{
	struct drm_syncobj_wait w = {
		.handles = (uintptr_t)&handle, .count_handles = 1, .timeout_nsec = until};

	return ioctl(card, DRM_IOCTL_SYNCOBJ_WAIT, &w);
}

int timeline_wait(int card, uint32_t handle, uint64_t point, uint32_t flags, int64_t until)
{
	struct drm_syncobj_timeline_wait w = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
		.count_handles = 1,
		.flags = flags,
		.timeout_nsec = until,
	};

	return ioctl(card, DRM_IOCTL_SYNCOBJ_TIMELINE_WAIT, &w);
}

uint32_t timeline_of(int card, uint32_t handle)
{
	uint64_t first = 1;
	uint32_t timeline = syncobj_create(card);
	struct drm_syncobj_timeline_array s = {
		.handles = (uintptr_t)&timeline, .points = (uintptr_t)&first, .count_handles = 1};
	struct drm_syncobj_transfer t = {
		.src_handle = handle, .dst_handle = timeline, .dst_point = 2};

	CHECK(ioctl(card, DRM_IOCTL_SYNCOBJ_TIMELINE_SIGNAL, &s));
	CHECK(ioctl(card, DRM_IOCTL_SYNCOBJ_TRANSFER, &t));
	return timeline;
}

uint64_t timeline_query(int card, uint32_t handle, bool submitted)
{
	uint64_t point = 0;
	struct drm_syncobj_timeline_array q = {
		.handles = (uintptr_t)&handle,
		.points = (uintptr_t)&point,
		.count_handles = 1,
		.flags = submitted ? DRM_SYNCOBJ_QUERY_FLAGS_LAST_SUBMITTED : 0,
	};

	CHECK(ioctl(card, DRM_IOCTL_SYNCOBJ_QUERY, &q));
	return point;
}

int syncobj_eventfd(int card, uint32_t handle)
{
	struct syncobj_eventfd e = {.handle = handle, .fd = eventfd(0, EFD_CLOEXEC)};

	CHECK(e.fd);
	CHECK(ioctl(card, SYNCOBJ_EVENTFD, &e));
	return e.fd;
}

static void each(int card, unsigned long request, uint32_t handle)
{
	struct drm_syncobj_array a = {.handles = (uintptr_t)&handle, .count_handles = 1};

	CHECK(ioctl(card, request, &a));
}

void syncobj_reset(int card, uint32_t handle)
{
	each(card, DRM_IOCTL_SYNCOBJ_RESET, handle);
}

void syncobj_signal(int card, uint32_t handle)
{
	each(card, DRM_IOCTL_SYNCOBJ_SIGNAL, handle);
}
