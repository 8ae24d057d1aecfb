/* SPDX-License-Identifier: MIT */
/*
 * Fences that have not signalled: of a buffer (a device's claim), and of a flip (an out-fence).
 *
 * Whether a fence is pending is never computed: the kernel is asked, through the dma-buf or the
 * sync_file itself.  So it does not matter who signalled it, in which process, or that it expired.
 */
#ifndef DS_PRELOAD_FENCE_H
#define DS_PRELOAD_FENCE_H

#include <errno.h>
#include <stdatomic.h>
#include <stdint.h>

#include "preload/state.h"

struct ds_card;

/* Buffers and flips that wait for a fence.  Read without the lock: 0 = nothing to do. */
extern _Atomic uint32_t ds_fences;

/*
 * A call may have put a fence on the buffer: if one is pending, a claim of `actor` (0 = unknown)
 * begins.  A buffer that has no dma-buf descriptor in this process is not followed.  Lock held.
 */
void ds_fence_added(struct ds_buf *b, uint32_t actor, uint32_t name);

/* A flip of `crtc` is complete when the sync_file `fd` has signalled.  Lock held. */
void ds_fence_flip(int fd, const struct ds_card *card, uint32_t crtc);

/* Ask the kernel about everything that is pending, end what is not any more.  Lock held. */
void ds_fences_look(void);

/* The program has waited for something: the same, with the lock and errno kept. */
void ds_fences_waited(void);

/* The result of a call of the program that waits. */
static inline long ds_fence_waited(long r)
{
	if (__builtin_expect(atomic_load_explicit(&ds_fences, memory_order_relaxed) && r > 0, 0))
		ds_fences_waited();
	return r;
}

/* The program closes a descriptor that is none of a buffer.  No lock. */
void ds_fence_closed(int fd);

/*
 * The CPU touched a buffer that is not open to it: if its fences have signalled, the trace is told
 * before the access.  What signals within a millisecond counts as signalled: the kernel may be on
 * its way through the waiters.  Safe in a handler, no lock.
 */
void ds_fence_touched(struct ds_buf *b);

/* In the child of a fork: the claims are the parent's to follow. */
void ds_fences_after_fork(void);

/* vgem_drm.h: libdrm does not install it */
struct ds_vgem_attach {
	uint32_t handle, flags, out_fence, pad;
};
struct ds_vgem_signal {
	uint32_t fence, flags;
};
#define DRM_IOCTL_VGEM_FENCE_ATTACH DRM_IOWR(DRM_COMMAND_BASE + 1, struct ds_vgem_attach)
#define DRM_IOCTL_VGEM_FENCE_SIGNAL DRM_IOW(DRM_COMMAND_BASE + 2, struct ds_vgem_signal)

#endif
