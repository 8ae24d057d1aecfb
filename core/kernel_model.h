/* SPDX-License-Identifier: MIT */
/*
 * What drivers hold in the kernel, rebuilt from kernel.lines: sg lists, attachments, buffers.
 *
 * Objects that existed before the recording began are unknown, and nothing is said about them.
 */
#ifndef DS_CORE_KERNEL_MODEL_H
#define DS_CORE_KERNEL_MODEL_H

#include "core/kernel_reader.h"
#include "core/keymap.h"

/* An sg list that was mapped for a device, or was and is not any more. */
struct ds_kernel_sg {
	uint64_t key; /* of list and device */
	bool mapped;
	bool hidden; /* touched in interrupts, where a probe may be skipped: nothing is known */
	uint64_t n, dir;
	size_t map_place, unmap_place;
};

struct ds_kernel_attachment {
	uint64_t obj, inode;
	unsigned maps;
	size_t map_place;
	unsigned rounds;    /* maps that were followed by an unmap, with work for the caches */
	size_t first_place; /* its first map */
	bool worked;	    /* the latest map did maintain caches */
};

/* A device with attachments to dma-bufs, by its name. */
struct ds_kernel_device {
	uint64_t key, inode; /* of the name; of the buffer that it attached to first */
	unsigned attached;
	size_t attach_place;
};

struct ds_kernel_buffer {
	uint64_t inode;
	unsigned attached, mapped; /* devices, maps of them all */
	size_t attach_place, map_place;
	unsigned cpu; /* accesses that drivers have begun */
	size_t cpu_place;
	unsigned queued_use; /* DS_DEVICE_*, by a V4L2 queue; 0 = not queued */
	size_t queue_place;
	uint64_t cache; /* cacheability of its first user mapping, plus 1 */
	size_t mmap_place;
};

/* A vb2 buffer, and the dma-buf that it is. */
struct ds_kernel_vb2 {
	uint64_t obj, inode;
};

struct ds_kernel_model {
	struct ds_keymap sg, attachment, device, buffer, vb2;
	unsigned unmapped; /* entries of sg that are not mapped */
	const char *arch;  /* as uname says: how page protection is written */
};

/* What a rule about the kernel may look at: a line, and its objects before it took effect. */
struct ds_kernel_ctx {
	const struct ds_kernel_line *line;
	const struct ds_kernel_sg *sg; /* NULL where the line has none, or it is not known */
	const struct ds_kernel_attachment *attachment;
	const struct ds_kernel_device *device; /* BOUNCE: where it has attachments */
	const struct ds_kernel_buffer *buffer;
	uint64_t cache;	  /* MMAP: cacheability plus 1, 0 = not known */
	bool by_exporter; /* inside an exporter's own CPU access: the direction is the caller's */
	bool block_layer; /* lists of disks are mapped in interrupts */
	bool asked;	  /* for advice: the user wants to know about the kernel */
};

void ds_kernel_model_init(struct ds_kernel_model *m, const char *arch);
void ds_kernel_model_finish(struct ds_kernel_model *m);

/* The objects of a line; what the frames behind it say comes from the reader. */
void ds_kernel_model_look(const struct ds_kernel_model *m, const struct ds_kernel_reader *reader,
			  const struct ds_kernel_line *line, size_t place,
			  struct ds_kernel_ctx *ret);

/* Let a line take effect.  0 or -ENOMEM. */
int ds_kernel_model_step(struct ds_kernel_model *m, const struct ds_kernel_ctx *ctx, size_t place);

#endif
