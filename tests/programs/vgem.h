/* SPDX-License-Identifier: MIT */
/* A buffer of vgem: the one device that puts a fence on a buffer on demand. */
#ifndef TESTS_PROGRAMS_VGEM_H
#define TESTS_PROGRAMS_VGEM_H

#include "common.h"

#include <stdint.h>

struct vgem {
	int card;
	uint32_t handle;
	struct dbuf buf;
};

void vgem_init(struct vgem *g);
void vgem_init_size(struct vgem *g, uint32_t width, uint32_t height); /* 4 bytes a pixel */
void vgem_finish(struct vgem *g);
uint32_t vgem_fence_write(const struct vgem *g);
uint32_t vgem_fence_read(const struct vgem *g);
void vgem_fence_signal(const struct vgem *g, uint32_t fence);

/* Another thread signals the fence in a moment; _join waits for that thread. */
void vgem_signal_later(const struct vgem *g, uint32_t fence);
void vgem_signal_join(void);

/*
 * The same in a twin, which waits in between. The program with its mistake touches the buffer in
 * between, and the fence is signalled at _end: on a slow machine, too, it is pending until then.
 */
void vgem_signal_begin(const struct vgem *g, uint32_t fence);
void vgem_signal_end(void);

/* The buffer through the DRM node, for which nobody demands a bracket. */
volatile unsigned char *vgem_map(const struct vgem *g);

/* sync_files: what is pending on a dma-buf now, onto another one, two in one.  New descriptors. */
int fence_export(int dmabuf, uint32_t access);
void fence_import(int dmabuf, int sync_file, uint32_t access);
int fence_merge(int a, int b);
void fence_poll(int fd, short events);

#endif
