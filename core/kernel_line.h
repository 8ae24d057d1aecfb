/* SPDX-License-Identifier: MIT */
/*
 * One line of kernel.lines (bpf/protocol.md).  Whoever can name a process or a device can shape part
 * of a line, and a disk can end in the middle of one: nothing in it is trusted.
 */
#ifndef DS_CORE_KERNEL_LINE_H
#define DS_CORE_KERNEL_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DS_KERNEL_VERSION 1

/* Events, one row each: KEV(NAME, "word in the line") */
#define DS_KERNEL_EVENTS                        \
	KEV(EXPORT, "export")                   \
	KEV(FD, "fd")                           \
	KEV(GET, "get")                         \
	KEV(PUT, "put")                         \
	KEV(ATTACH, "attach")                   \
	KEV(DETACH, "detach")                   \
	KEV(MAP, "map")                         \
	KEV(UNMAP, "unmap")                     \
	KEV(MMAP, "mmap")                       \
	KEV(MMAP_DEVICE, "mmap-device")         \
	KEV(VMAP, "vmap")                       \
	KEV(VUNMAP, "vunmap")                   \
	KEV(SYNC, "sync")                       \
	KEV(KCPU_BEGIN, "kcpu-begin")           \
	KEV(KCPU_END, "kcpu-end")               \
	KEV(RELEASE, "release")                 \
	KEV(VB2_IMPORT, "vb2-import")           \
	KEV(VB2_EXPORT, "vb2-export")           \
	KEV(VB2_QBUF, "vb2-qbuf")               \
	KEV(VB2_DQBUF, "vb2-dqbuf")             \
	KEV(VB2_QUEUE, "vb2-queue")             \
	KEV(VB2_DONE, "vb2-done")               \
	KEV(FENCE_ADD, "fence-add")             \
	KEV(FENCE_SIGNAL, "fence-signal")       \
	KEV(DMA_MAP_SG, "dma-map-sg")           \
	KEV(DMA_UNMAP_SG, "dma-unmap-sg")       \
	KEV(DMA_SYNC_SG, "dma-sync-sg")         \
	KEV(DMA_SYNC_SINGLE, "dma-sync-single") \
	KEV(DMA_MAP, "dma-map")                 \
	KEV(DMA_UNMAP, "dma-unmap")             \
	KEV(BOUNCE, "bounce")                   \
	KEV(IOMMU_FAULT, "iommu-fault")

enum ds_kernel_event {
#define KEV(name, word) DS_KEV_##name,
	DS_KERNEL_EVENTS
#undef KEV
		DS_KEV_MAX
};

/* Numbers of an event, one row each: KNUM(field, "key", base, signed) */
#define DS_KERNEL_NUMBERS                 \
	KNUM(addr, "addr", 16, false)     \
	KNUM(attrs, "attrs", 16, false)   \
	KNUM(bytes, "bytes", 10, false)   \
	KNUM(ctx, "ctx", 10, false)       \
	KNUM(dir, "dir", 10, false)       \
	KNUM(effect, "effect", 10, false) \
	KNUM(fd, "fd", 10, true)          \
	KNUM(flags, "flags", 10, false)   \
	KNUM(index, "index", 10, false)   \
	KNUM(ino, "ino", 10, false)       \
	KNUM(ioctl, "ioctl", 10, false)   \
	KNUM(n, "n", 10, false)           \
	KNUM(obj, "obj", 16, false)       \
	KNUM(prot, "prot", 16, false)     \
	KNUM(queue, "queue", 16, false)   \
	KNUM(ret, "ret", 10, true)        \
	KNUM(seqno, "seqno", 10, false)   \
	KNUM(state, "state", 10, false)   \
	KNUM(to, "to", 10, false)         \
	KNUM(type, "type", 10, false)     \
	KNUM(usage, "usage", 10, false)

enum ds_kernel_number {
#define KNUM(field, key, base, is_signed) DS_KNUM_##field,
	DS_KERNEL_NUMBERS
#undef KNUM
		DS_KNUM_MAX
};

enum ds_kernel_effect {
	DS_EFFECT_UNKNOWN,
	DS_EFFECT_PERFORMED,
	DS_EFFECT_ELIDED,
	DS_EFFECT_NONE, /* the exporter has no such operation */
};

enum ds_kernel_kind {
	DS_KLINE_EVENT,
	DS_KLINE_FRAME,	   /* a frame of the kernel stack of the event before it: text */
	DS_KLINE_VERSION,  /* number = version of the format, ns */
	DS_KLINE_ATTACHED, /* text = block */
	DS_KLINE_MISSING,  /* text = block and reason */
	DS_KLINE_READY,	   /* every probe is attached */
	DS_KLINE_LOST,	   /* number = events that bpftrace lost */
	DS_KLINE_END,	   /* bpftrace ended as told, ns */
	DS_KLINE_COST,	   /* value = CPU ns of bpftrace to attach, ns = those while it recorded */
	DS_KLINE_FAILED,   /* text = why the kernel's side was not recorded */
	DS_KLINE_NOTE,	   /* a message of bpftrace, an empty line */
	DS_KLINE_BAD,	   /* begins like an event and is none */
};

struct ds_kernel_line {
	enum ds_kernel_kind kind;
	enum ds_kernel_event event;
	uint64_t ns; /* CLOCK_MONOTONIC */
	int pid, tid;
	uint64_t number[DS_KNUM_MAX];
	uint32_t has; /* bit = enum ds_kernel_number that the line carried */
	char dev[64], exp[64], comm[16];
	uint64_t value;	  /* version, lost */
	const char *text; /* into the line, ended by the line's end */
	size_t text_len;
};

/*
 * Bytes of the line that `text` begins with, its newline not counted; `size` when it does not end
 * within these.  Newlines in the name of a process end no line: nobody can forge one that way.
 */
size_t ds_kernel_line_length(const char *text, size_t size);

/* Read one line of `len` bytes (without its newline) into *ret.  Never fails: see DS_KLINE_BAD. */
void ds_kernel_line_read(const char *line, size_t len, struct ds_kernel_line *ret);

/* The word of an event, "" for a number that is none. */
const char *ds_kernel_event_name(enum ds_kernel_event event);

#endif
