/* SPDX-License-Identifier: MIT */
/* V4L2 files, queues and their buffers.  All functions: lock held. */
#ifndef DS_PRELOAD_VIDEO_H
#define DS_PRELOAD_VIDEO_H

#include <linux/videodev2.h>

#include "preload/ioctl.h"

/* Newer than the oldest supported <linux/videodev2.h> (6.10): index, count and type of the buffers. */
struct ds_v4l2_remove_buffers {
	uint32_t index, count, type, reserved[13];
};
#ifndef VIDIOC_REMOVE_BUFS
#define VIDIOC_REMOVE_BUFS _IOWR('V', 104, struct ds_v4l2_remove_buffers)
#endif

#define DS_SLOTS_PER_CHUNK 32
#define DS_SLOT_CHUNKS	   64

struct ds_plane {
	uint32_t buffer; /* of this generation, or the last one that stood here */
	uint32_t length;
	int fd;		 /* DMABUF: the number by which it was queued */
	uint64_t offset; /* for mmap, DS_NO_OFFSET = unknown */
	uint32_t map;	 /* USERPTR: the mapping that stands for the memory while it is queued */
};
#define DS_NO_OFFSET (~(uint64_t)0)

/* One index of a queue. */
struct ds_slot {
	bool present; /* the driver has a buffer at this index */
	uint8_t planes;
	uint8_t claimed;   /* planes that a claim stands for */
	uint8_t memory;	   /* of the claim */
	int request;	   /* descriptor of the request that it waits in, 0 = none */
	uint8_t promise;   /* by the cache hints of its QBUF: of DS_RW, DS_CLAIM_NOCLEAN */
	uint64_t returned; /* ds_handovers() after the buffer came back */
	uint32_t stopped;  /* value of `stops` when a stop took it back, 0 = not taken by a stop */
	struct ds_plane plane[VIDEO_MAX_PLANES];
};

struct ds_queue {
	uint32_t number; /* the actor of its events */
	uint32_t file;
	uint32_t next; /* queue of the same file */
	uint32_t type; /* enum v4l2_buf_type */
	unsigned use;  /* what the device does with its buffers: DS_DEVICE_* */
	uint32_t memory;
	bool hints; /* takes cache hints */
	uint32_t generation;
	uint32_t count, was_count;
	bool shared;	  /* another process uses it: said once */
	bool cache_hints; /* the driver heeds V4L2_BUF_FLAG_NO_CACHE_* (kept for coherency alone) */
	uint32_t stops;	  /* times that all buffers came back at once */
	uint64_t halted;  /* ds_handovers() after the last of them */
	struct ds_slot *chunk[DS_SLOT_CHUNKS];
};

/* The open file behind a descriptor; dup and fork share it, a second open does not. */
uint32_t ds_video_file(int fd, uint64_t rdev);
uint32_t ds_video_get(uint32_t file);
void ds_video_put(uint32_t file, uint32_t name);

/* A mapping of a video node keeps its open file alive, as a descriptor does. */
void ds_video_map_held(uint32_t file);
void ds_video_map_dropped(uint32_t file);

/* Does this process still have the file, or the file of the queue, open?  0 = no. */
bool ds_video_open(uint32_t file);
bool ds_queue_open(uint32_t queue);

/* Number of a device that is no queue, for its events; 0 when the table is full. */
uint32_t ds_actor_new(void);

/* The queue of a type, made at first use; NULL when the table is full. */
struct ds_queue *ds_queue_of(uint32_t file, uint32_t type);
struct ds_slot *ds_slot_at(struct ds_queue *q, uint32_t index, bool make);
void ds_queue_reset(struct ds_queue *q);

/* A buffer came back that this process had not queued: another one uses the queue, too. */
void ds_queue_note_shared(struct ds_queue *q, uint32_t index, uint32_t name);

/* A forked child: nothing that its parent queued is its own; and the queues for its trace. */
void ds_queues_disown(void);
void ds_queues_introduce(void);

/* The buffer of a plane that the driver allocated. */
struct ds_buf *ds_plane_buffer(struct ds_queue *q, struct ds_slot *s, uint32_t index,
			       unsigned plane);

/* Hand-overs; `name` is the call. */
void ds_queue_claim(struct ds_queue *q, struct ds_slot *s, uint32_t index, uint32_t name);
void ds_queue_release(struct ds_queue *q, struct ds_slot *s, uint32_t index, bool syncs,
		      uint32_t name);
void ds_queue_release_all(struct ds_queue *q, uint32_t name);

/* All buffers of the queue came back, or a stop ended: a QBUF that overlapped it has no order. */
void ds_queue_stop(struct ds_queue *q);

/* Did the buffer stay where it was since ds_handovers() was `mark`? */
bool ds_queue_still(const struct ds_queue *q, const struct ds_slot *s, uint64_t mark);

/* Call `fn` for every slot of every queue. */
void ds_slots_each(void (*fn)(struct ds_queue *q, struct ds_slot *s, uint32_t index, void *arg),
		   void *arg);

/* A buffer was queued with a request: nobody's until the request is. */
void ds_request_add(struct ds_slot *s, int request);
/* A descriptor is closed: a request that it named, and that was not queued, is gone. */
void ds_request_closed(int fd);

/* The program mapped a video node: tie the range to its buffer.  False when nothing is known. */
bool ds_video_mapped(uint32_t file, int fd, uint64_t offset, uintptr_t addr, size_t len, int prot);

/* Memory of the program as a buffer (USERPTR); NULL when it cannot be followed. */
struct ds_buf *ds_user_buffer(struct ds_queue *q, struct ds_plane *p, uint32_t index,
			      unsigned plane, uintptr_t addr, size_t len);
void ds_user_guard(struct ds_plane *p, struct ds_buf *b);
void ds_user_release(struct ds_plane *p);

#endif
