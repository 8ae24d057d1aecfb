/* SPDX-License-Identifier: MIT */
/*
 * Shows the program what a machine without coherent caches would (option coherency): its mappings of a
 * buffer are replaced by a shadow, and the copies between shadow and real buffer are made at the
 * hand-overs, as core/coherency.def says.
 *
 * One shadow per buffer, for all its mappings and all processes of the run: a file in the run's shadow
 * directory, named by the dma-buf inode.  What is not understood keeps its real mapping and is recorded
 * (SHADOW).  All functions: lock held, and only called while ds_emulating().
 */
#ifndef DS_PRELOAD_COHERENCY_H
#define DS_PRELOAD_COHERENCY_H

#include "core/coherency.h"
#include "preload/ioctl.h"
#include "preload/options.h"
#include "preload/video.h"

static inline bool ds_emulating(void)
{
	return __builtin_expect(ds_options.coherency != DS_POLICY_REAL, 0);
}

/* The first page of a shadow file: what its processes share. */
struct ds_shadow_head {
	_Atomic uint32_t lock; /* thread id of the owner */
	_Atomic uint32_t users;
	uint32_t loaded;	/* the program has mapped the buffer */
	uint32_t cold, fetched; /* as core/coherency.h has them */
	uint64_t events;	/* so far */
	uint64_t id, size;
};

struct ds_shadow {
	uint32_t number, buffer;
	struct ds_shadow_head *head; /* start of all that follows, in one mapping */
	size_t bytes;		     /* of that mapping */
	uint8_t *shadow, *pristine, *mark;
	uint8_t *real; /* the library's own mapping of the buffer, NULL = none */
	size_t size, real_bytes;
	bool readonly;
	uint32_t file;	  /* video file that `real` keeps open, 0 = none */
	uint64_t name[4]; /* inodes that the file is named by */
	long pid;	  /* process that counts as a user */
	/* V4L2: what QBUF began */
	bool queued, skip_finish;
	/* USERPTR: the program's memory is the shadow, and the kernel gets `real` */
	uint32_t queue; /* 0 = not USERPTR */
};

struct ds_shadow *ds_shadow_of(const struct ds_buf *b);

/* The shadow of a buffer that some process of the run has mapped; NULL = there is none. */
struct ds_shadow *ds_shadow_find(struct ds_buf *b, int fd);

/* One event of a buffer; `frame` for the record. */
void ds_shadow_step(struct ds_shadow *s, enum ds_cache_event event, uint64_t frame);

/*
 * The program has just mapped [addr, addr + len) of the descriptor: show it the shadow.  `at`: offset
 * in the buffer; `offset`: of the whole buffer in the descriptor.
 */
void ds_coherency_mapped(struct ds_buf *b, int fd, uint64_t offset, uint32_t file, uintptr_t addr,
			 size_t len, uint64_t at, int prot);

/* An inode of a buffer: the shadow is found by it, too.  An exported one is given a shadow at once. */
void ds_coherency_alias(struct ds_buf *b, uint64_t inode);
void ds_coherency_exported(struct ds_buf *b, int fd);

/* The memory file behind a udmabuf; then its mappings, and their end. */
void ds_coherency_memfd(struct ds_buf *b, int memfd, uint64_t from, uint64_t size, uint64_t at);
bool ds_coherency_is_real(uintptr_t addr);
void ds_coherency_memfd_mapped(struct ds_buf *b, uintptr_t addr, size_t len, uint64_t at, int prot);
void ds_coherency_memfd_released(struct ds_map *m);

/* A descriptor or mapping went away / a video file has no user left. */
void ds_coherency_idle(struct ds_buf *b);
void ds_coherency_file_gone(uint32_t file);
/* REQBUFS: what the program does not map must not be held by us. */
void ds_coherency_reqbufs(struct ds_queue *q);

/* Would the kernel have refused this mremap of a real buffer?  errno or 0. */
int ds_coherency_remap_error(uintptr_t addr, size_t old_len, size_t len, int flags);

/* Something in the kernel keeps the program's pages: show it the real buffer from now on. */
void ds_coherency_pinned(uintptr_t addr, size_t len, const char *call);

/* Before the kernel sees a call; when it has returned; after the state has followed it. */
void ds_coherency_before(struct ds_call *call);
void ds_coherency_returned(struct ds_call *call);
void ds_coherency_after(struct ds_call *call);

/* ---- USERPTR: coherency_user.c ---- */

/* The memory that the kernel gets in place of the program's; 0 = leave it. */
uintptr_t ds_user_real(struct ds_queue *q, uintptr_t ptr, size_t len);
/* And back: the program's pointer, or the same one. */
uintptr_t ds_user_program(uintptr_t real);
struct ds_shadow *ds_user_shadow(struct ds_queue *q, uintptr_t ptr);
void ds_user_forget(uint32_t queue);

/* ---- coherency_shadow.c ---- */

/* A size in whole pages. */
size_t ds_shadow_pages(uint64_t n);
/* The buffer's shadow in this process, `size` bytes where it has to be made (0: not made).  NULL: none. */
struct ds_shadow *ds_shadow_attach(struct ds_buf *b, size_t size);
/* Map the real buffer for the library itself, by a descriptor; false: it cannot be. */
bool ds_shadow_reach(struct ds_shadow *s, int fd, uint64_t offset, uint32_t file);
/* Put the shadow, from `at` on, where the program has mapped the buffer. */
void ds_shadow_show(struct ds_shadow *s, struct ds_buf *b, uintptr_t addr, size_t len, uint64_t at,
		    int prot);

struct ds_shadow *ds_shadow_new(void);
struct ds_shadow *ds_shadow_at(uint32_t number);
void ds_shadow_drop(struct ds_shadow *s);
/* The buffer keeps its real mapping.  `nature`: as it should, else it is a blind spot. */
void ds_shadow_none(struct ds_buf *b, bool nature, const char *reason);
void *ds_shadow_map(int fd, size_t len, int prot, uint64_t offset);
void ds_shadow_made(const struct ds_shadow *s);

#endif
