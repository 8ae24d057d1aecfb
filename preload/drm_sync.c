/* SPDX-License-Identifier: MIT */
/*
 * Sync objects: the life of their handles, for the dump.  They hold no buffer and no claim: what is
 * pending on a buffer is asked of the buffer itself (fence.c).
 */
#include <drm.h>

#include "preload/drm.h"
#include "preload/recorder.h"

/* `buffer`: whose fence the handle has now, 0 = that is not known. */
static void tell(const struct ds_call *call, uint32_t handle, int fd, bool sync_file,
		 unsigned flags, uint32_t buffer)
{
	const struct ds_card *card = ds_drm_card_of(call);

	if (card)
		ds_emit((struct ds_event){.type = DS_EV_SYNCOBJ,
					  .flags = (uint16_t)flags,
					  .stack = ds_stack_here(),
					  .buffer = buffer,
					  .actor = card->actor,
					  .a = handle,
					  .b = (uint64_t)fd,
					  .c = sync_file,
					  .d = call->name});
}

void ds_drm_syncobj_create(struct ds_call *call)
{
	tell(call, ((const struct drm_syncobj_create *)call->arg)->handle, 0, false, 0, 0);
}

void ds_drm_syncobj_destroy(struct ds_call *call)
{
	tell(call, ((const struct drm_syncobj_destroy *)call->arg)->handle, 0, false,
	     call->error ? 0 : DS_EVF_DESTROYED, 0);
}

void ds_drm_syncobj_export(struct ds_call *call)
{
	const struct drm_syncobj_handle *h = call->arg;

	if (call->error)
		return;
	ds_fd_fresh(h->fd);
	tell(call, h->handle, h->fd, h->flags & DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE, 0,
	     0);
}

void ds_drm_syncobj_import(struct ds_call *call)
{
	const struct drm_syncobj_handle *h = call->arg;
	bool sync_file = h->flags & DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE;
	uint32_t buffer = sync_file && !call->error ? ds_fd_fence_of(h->fd) : 0;

	tell(call, h->handle, h->fd, sync_file, buffer ? DS_EVF_FENCE_IN : 0, buffer);
}
