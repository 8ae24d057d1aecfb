/* SPDX-License-Identifier: MIT */
/*
 * Sync objects: the life of their handles, for the dump.  They hold no buffer and no claim: what is
 * pending on a buffer is asked of the buffer itself (fence.c).
 */
#include <drm.h>

#include "preload/drm.h"
#include "preload/recorder.h"

static void tell(const struct ds_call *call, uint32_t handle, int fd, bool sync_file)
{
	const struct ds_card *card = ds_drm_card_of(call);

	if (card)
		ds_emit((struct ds_event){.type = DS_EV_SYNCOBJ,
					  .stack = ds_stack_here(),
					  .actor = card->actor,
					  .a = handle,
					  .b = (uint64_t)fd,
					  .c = sync_file,
					  .d = call->name});
}

void ds_drm_syncobj_create(struct ds_call *call)
{
	tell(call, ((const struct drm_syncobj_create *)call->arg)->handle, 0, false);
}

void ds_drm_syncobj_destroy(struct ds_call *call)
{
	tell(call, ((const struct drm_syncobj_destroy *)call->arg)->handle, 0, false);
}

void ds_drm_syncobj_export(struct ds_call *call)
{
	const struct drm_syncobj_handle *h = call->arg;

	if (call->error)
		return;
	ds_fd_fresh(h->fd);
	tell(call, h->handle, h->fd, h->flags & DRM_SYNCOBJ_HANDLE_TO_FD_FLAGS_EXPORT_SYNC_FILE);
}

void ds_drm_syncobj_import(struct ds_call *call)
{
	const struct drm_syncobj_handle *h = call->arg;

	tell(call, h->handle, h->fd, h->flags & DRM_SYNCOBJ_FD_TO_HANDLE_FLAGS_IMPORT_SYNC_FILE);
}
