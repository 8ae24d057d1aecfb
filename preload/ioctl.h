/* SPDX-License-Identifier: MIT */
/* One row per ioctl (ioctl_*.def), and what the few that hand buffers over do. */
#ifndef DS_PRELOAD_IOCTL_H
#define DS_PRELOAD_IOCTL_H

#include <stdint.h>

#include "preload/state.h"

struct ds_call {
	int fd;
	uint32_t request;
	void *arg;
	const struct ds_ioctl *row;
	struct ds_fd *f;   /* what the descriptor is, NULL = not looked at */
	uint32_t name;	   /* slot of the row's name */
	uint32_t stack;	   /* slot of the caller's stack, 0 = not taken yet */
	int result;	   /* what the call returned */
	int error;	   /* errno of a call that failed, else 0 */
	uint64_t mark;	   /* ds_handovers() when the call was entered */
	uint64_t copy[16]; /* `before`: the argument, read without trusting the pointer */
};

struct ds_ioctl {
	const char *name; /* NULL = no such row */
	uint32_t request;
	enum ds_fd_kind on;		      /* kind of descriptor that it is meant for */
	void (*before)(struct ds_call *call); /* under the lock, the kernel has not seen the call */
	void (*after)(struct ds_call *call);  /* under the lock, the kernel has answered */
};

/* The row of a request, NULL when no table has it.  No lock. */
const struct ds_ioctl *ds_ioctl_find(uint32_t request);

/* How often a buffer came back or a queue stopped, so far.  No lock. */
uint64_t ds_handovers(void);

/* video.c, video_queue.c */
void ds_v4l2_querybuf(struct ds_call *call);
void ds_v4l2_reqbufs_before(struct ds_call *call);
void ds_v4l2_reqbufs(struct ds_call *call);
void ds_v4l2_create_bufs(struct ds_call *call);
void ds_v4l2_remove_bufs_before(struct ds_call *call);
void ds_v4l2_remove_bufs(struct ds_call *call);
void ds_v4l2_qbuf(struct ds_call *call);
void ds_v4l2_dqbuf(struct ds_call *call);
void ds_v4l2_expbuf(struct ds_call *call);
void ds_v4l2_streamoff_before(struct ds_call *call);
void ds_v4l2_streamoff(struct ds_call *call);

/* video_request.c */
void ds_request_queue(struct ds_call *call);
void ds_request_reinit(struct ds_call *call);

/* dmabuf.c, udmabuf.c */
void ds_dmabuf_sync(struct ds_call *call);
void ds_dmabuf_export_fence(struct ds_call *call);
void ds_dmabuf_import_fence(struct ds_call *call);
void ds_heap_alloc(struct ds_call *call);
void ds_udmabuf_create(struct ds_call *call);
void ds_udmabuf_create_list(struct ds_call *call);

/* drm.c, drm_mode.c */
void ds_drm_gem_close(struct ds_call *call);
void ds_drm_create_dumb(struct ds_call *call);
void ds_drm_map_dumb(struct ds_call *call);
void ds_drm_destroy_dumb(struct ds_call *call);
void ds_drm_prime_export(struct ds_call *call);
void ds_drm_prime_import(struct ds_call *call);
void ds_drm_addfb(struct ds_call *call);
void ds_drm_addfb2(struct ds_call *call);
void ds_drm_rmfb(struct ds_call *call);
void ds_drm_dirtyfb(struct ds_call *call);
void ds_drm_setcrtc(struct ds_call *call);
void ds_drm_setplane(struct ds_call *call);
void ds_drm_page_flip(struct ds_call *call);
void ds_drm_getproperty(struct ds_call *call);
void ds_drm_atomic(struct ds_call *call);

void ds_drm_vgem_attach(struct ds_call *call);
void ds_drm_waited(struct ds_call *call);

/* drm_sync.c */
void ds_drm_syncobj_create(struct ds_call *call);
void ds_drm_syncobj_destroy(struct ds_call *call);
void ds_drm_syncobj_export(struct ds_call *call);
void ds_drm_syncobj_import(struct ds_call *call);

#endif
