/* SPDX-License-Identifier: MIT */
/* The memory files behind udmabufs.  Lock held. */
#ifndef DS_PRELOAD_UDMABUF_H
#define DS_PRELOAD_UDMABUF_H

#include "preload/state.h"

/* The program mapped a file: tie what belongs to a udmabuf to its buffer. */
void ds_udmabuf_mapped(int fd, uint64_t offset, uintptr_t addr, size_t len, int prot);

/* A descriptor or mapping of the buffer went away: the last one frees its memory file. */
void ds_udmabuf_released(struct ds_buf *b);

#endif
