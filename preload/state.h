/* SPDX-License-Identifier: MIT */
/*
 * What the library knows about this process: descriptors, buffers, queues, mappings.
 *
 * Everything here is changed under one lock (lock.h) and lives in pages that are never given back,
 * so that the trap handler may read it without the lock.  Numbers of objects start at 1; 0 = none.
 */
#ifndef DS_PRELOAD_STATE_H
#define DS_PRELOAD_STATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/event.h"
#include "core/ownership.h"

/* ---- tables of objects that never move ---- */

#define DS_CHUNK_OBJECTS 64
#define DS_CHUNKS	 4096

struct ds_table {
	size_t size; /* of one object */
	_Atomic uint32_t used;
	void *chunk[DS_CHUNKS];
};

/* A new zeroed object and its number; NULL when the table or memory is full. */
void *ds_table_new(struct ds_table *t, uint32_t *ret_number);

/* The object of a number, NULL when there is none. */
void *ds_table_at(const struct ds_table *t, uint32_t number);

/* ---- descriptors ---- */

enum ds_fd_kind {
	DS_FD_UNKNOWN, /* not looked at yet */
	DS_FD_OTHER,   /* nothing that carries buffers */
	DS_FD_VIDEO,
	DS_FD_DMABUF,
	DS_FD_DRM,
	DS_FD_MEDIA,
	DS_FD_FENCE, /* a sync_file with the fences of a dma-buf */
	DS_FD_KINDS
};

struct ds_queue;

struct ds_fd {
	_Atomic uint8_t kind;
	uint8_t inherited;
	uint16_t pad;
	uint32_t object;	/* VIDEO: file number, DMABUF: buffer number */
	uint32_t was_buffer;	/* after a close: the buffer whose descriptor this number was */
	uint32_t birth;		/* stack of the call that gave it out */
	struct ds_queue *queue; /* VIDEO: the one that was asked for last, NULL = none yet */
};

/* The entry of a descriptor if one was ever made, else NULL.  Cheap; no lock. */
struct ds_fd *ds_fd_peek(int fd);

static inline enum ds_fd_kind ds_fd_kind(int fd)
{
	struct ds_fd *f = ds_fd_peek(fd);

	return f ? (enum ds_fd_kind)f->kind : DS_FD_UNKNOWN;
}

/* Do closes and dups of this number matter: does it carry buffers, or handles of them? */
static inline bool ds_fd_is_followed(int fd)
{
	enum ds_fd_kind kind = ds_fd_kind(fd);

	return kind == DS_FD_VIDEO || kind == DS_FD_DMABUF || kind == DS_FD_DRM ||
	       kind == DS_FD_FENCE;
}

/* Is the descriptor known to be one that buffers are handed over with?  No lock. */
static inline bool ds_fd_carries_buffers(int fd)
{
	enum ds_fd_kind kind = ds_fd_kind(fd);

	return kind == DS_FD_VIDEO || kind == DS_FD_DMABUF;
}

/*
 * Look at the descriptor itself (device number, dma-buf inode), so that inherited, received and
 * duplicated descriptors work, and numbers that were closed behind our back.  NULL without memory.
 */
struct ds_fd *ds_fd_learn(int fd);

/* The program got this number from a call that makes files: forget what it was. */
void ds_fd_fresh(int fd);

/* A call made a sync_file with the fences of a buffer; the buffer of such a descriptor, 0 = none. */
void ds_fd_born_fence(int fd, uint32_t buffer);
uint32_t ds_fd_fence_of(int fd);

/* A call made a dma-buf descriptor.  `buffer`: the buffer that it shows, 0 = a new one of `kind`. */
uint32_t ds_fd_born_dmabuf(int fd, uint32_t buffer, enum ds_buffer_kind kind, uint32_t name);

/* The descriptor is about to be closed / was duplicated / its call failed with EBADF. */
void ds_fd_closing(int fd, uint32_t name);
void ds_fd_duplicated(int from, int to, uint32_t name);

/*
 * This thread had closed a number that somebody else had closed before it.  Record that, unless
 * its `next` close tells that it closes number after number; -2: there is no next one.
 */
void ds_fd_settle(int next);

/* A dma-buf descriptor of the buffer, -1 = this process has none.  Lock held. */
int ds_fd_of(uint32_t buffer);

/* Was this number a buffer's descriptor, and is it closed now?  Asks the kernel. */
bool ds_fd_is_stale(int fd);

/* Is this number, once a descriptor of `buffer`, that of a file which is no dma-buf?  Asks the kernel. */
bool ds_fd_is_other(int fd, uint32_t buffer);

const char *ds_fd_kind_name(enum ds_fd_kind kind);

/* Mark every descriptor inherited (start-up, forked child); report those left open (exit). */
void ds_fd_mark_inherited(void);
void ds_fd_report_left(void);

/* ---- buffers ---- */

/* The buffer's word in the table of all processes, for one of its inodes (shared.h). */
#define DS_SHARES 4
struct ds_share {
	uint64_t inode;
	uint32_t entry; /* + 1; 0 = it is not in the table */
	uint8_t member;
	bool lost; /* there was no room: not tried again */
	uint64_t word;
	uint64_t seen; /* changes of others that the guard shows */
};

struct ds_buf {
	uint32_t number;
	enum ds_buffer_kind kind;
	bool foreign;  /* born elsewhere: no bracket is demanded */
	bool was_open; /* had a descriptor here */
	uint64_t inode;
	uint64_t size;
	uint64_t identity;
	uint32_t fds; /* open descriptors in this process */
	int start_fd; /* the number that the last START went by ... */
	bool started; /* ... and no END has succeeded since */
	uint32_t first_map;
	uint32_t memfd_first; /* segments of memory files behind it */
	uint32_t last_close;  /* stack */
	uint32_t actor;	      /* the queue that it was made for, 0 = none */
	int user_prot;	 /* USERPTR: protection that the program's memory had, -1 = unguardable */
	uint32_t shadow; /* number of its shadow (coherency.h), 0 = none */
	bool real_only;	 /* was looked at and keeps its real mappings */
	_Atomic unsigned fence_use; /* a pending fence's claim (fence.h), 0 = none */
	_Atomic int fence_fd;	    /* a dma-buf descriptor to ask about it */
	uint32_t fence_actor, fence_done;
	struct ds_hold hold;
	uint8_t shares;
	struct ds_share share[DS_SHARES];
};

struct ds_buf *ds_buf_at(uint32_t number);

/* A new buffer, with its BUFFER event.  NULL when the table is full (noted as MISSED). */
struct ds_buf *ds_buf_new(enum ds_buffer_kind kind, uint64_t inode, uint64_t size,
			  uint64_t identity, uint32_t actor, bool foreign, uint32_t exporter);

/* By dma-buf inode; NULL when unknown. */
struct ds_buf *ds_buf_by_inode(uint64_t inode);

/* The buffer can be reached under one more inode. */
void ds_buf_add_inode(struct ds_buf *b, uint64_t inode);

/* Nobody has a descriptor or mapping of the inode any more. */
void ds_buf_drop_inode(uint64_t inode);

/* ---- mappings ---- */

struct ds_map {
	uint32_t number;
	uint32_t buffer;
	uint32_t next;	/* of the same buffer */
	uint32_t file;	/* the open video file that it keeps alive, 0 = none */
	uint8_t origin; /* enum ds_origin */
	uint8_t live;
	/* what the handler reads while the holder of the lock may change it is atomic */
	_Atomic bool unguarded; /* mprotect refused: reported once, left open */
	_Atomic int prog_prot;	/* what the program asked for lets it do */
	uintptr_t addr;
	_Atomic size_t len;		  /* a split shortens it */
	uint64_t offset;		  /* in the buffer */
	_Atomic unsigned rights;	  /* what ownership leaves now: DS_READ, DS_WRITE */
	_Atomic int want;		  /* the protection that shows it */
	int have;			  /* protection last set for the whole range */
	_Atomic int opened;		  /* the handler opened pages since */
	_Atomic uint8_t seen;		  /* observe=1: rights that were used in this window */
	_Atomic int pinned;		  /* calls in progress in which the kernel accesses it */
	_Atomic int passive;		  /* inherited by fork: open, never judged */
	_Atomic uintptr_t run_lo, run_hi; /* growing run of the trap handler */
};

struct ds_map *ds_map_at(uint32_t number);

/*
 * The program sees `b` at [addr, addr + len).  Lock held.  The new mapping is guarded.  NULL when
 * the table is full.
 */
struct ds_map *ds_map_add(struct ds_buf *b, enum ds_origin origin, uintptr_t addr, size_t len,
			  uint64_t offset, int prot);

/* Forget what lies in [addr, addr + len), cutting mappings at its edges.  Lock held. */
void ds_map_cut(uintptr_t addr, size_t len);

/* The program asked for another protection of a range.  Lock held. */
void ds_map_set_prot(uintptr_t addr, size_t len, int prot);

/* Split mappings so that none crosses `addr`.  Lock held. */
void ds_map_split(uintptr_t addr);

void ds_map_remove(struct ds_map *m);

/* Call `fn` for each live mapping that overlaps the range, in order of address.  Lock held. */
void ds_map_each(uintptr_t addr, size_t len, void (*fn)(struct ds_map *m, void *arg), void *arg);

/* The process ends: report mappings that outlived every descriptor and queue.  Lock held. */
void ds_map_report_left(void);

/* Has any buffer been mapped yet?  No lock. */
bool ds_map_any(void);

/* Is anything mapped in the range?  No lock, safe in a handler. */
bool ds_map_overlaps(uintptr_t addr, size_t len);

/*
 * The mapping that holds an address, safe in a handler: between enter and leave, no interval table
 * that was seen is reused.
 */
struct ds_map *ds_map_enter(uintptr_t addr);
void ds_map_leave(void);

/* In the child of a fork: threads that were between enter and leave are not here any more. */
void ds_map_after_fork(void);

/* ---- guard ---- */

/* Set the protection of every mapping of the buffer to what ownership leaves.  Lock held. */
void ds_guard_buffer(struct ds_buf *b);
void ds_guard_map(struct ds_map *m);

/*
 * The mapping is touched in a child that shares or copied our memory and is not followed (vfork,
 * clone, _Fork): open it there, and say that this was not observed.  No lock, safe in a handler.
 */
void ds_guard_let_go(struct ds_map *m);
/* Open it until its protection is set the next time.  No lock, safe in a handler. */
void ds_guard_open_now(struct ds_map *m);

/* Give a mapping its own protection back, for as long as `pinned` says.  Lock held. */
void ds_guard_open(struct ds_map *m);

#endif
