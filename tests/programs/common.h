/* SPDX-License-Identifier: MIT */
/*
 * What the programs of this folder share: buffers, queues of vivid and brackets. The access that a
 * program is about, and the calls around it, stand in the program itself.
 */
#ifndef TESTS_PROGRAMS_COMMON_H
#define TESTS_PROGRAMS_COMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <linux/dma-buf.h>
#include <linux/videodev2.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>

/* 0: the program with its mistake, 1: its correct twin. */
#ifndef TWIN
#define TWIN 0
#endif

/* Buffers of every queue, and bytes that are enough where the size of a frame does not matter. */
#define BUFFERS 3
#define SMALL	16384

/* Every call that must succeed: says where and why it did not, and ends the program with 1. */
#define CHECK(call)                                          \
	do {                                                 \
		if ((call) < 0)                              \
			die_call(__FILE__, __LINE__, #call); \
	} while (0)

/* A dma-buf with a descriptor and a mapping of that descriptor. */
struct dbuf {
	int fd;
	size_t size;
	volatile unsigned char *map;
};

/* A udmabuf that is used through its memfd: the dma-buf itself is not mapped. */
struct memfd_frame {
	int memfd, fd;
	size_t size;
	volatile unsigned char *map;
};

/* A queue of vivid. map is used with V4L2_MEMORY_MMAP only: the node's own mapping of a buffer. */
struct video {
	int fd;
	unsigned int type, memory, planes;
	size_t size;
	volatile unsigned char *map[BUFFERS];
};

/* common.c: the program */
void case_begin(void);
void consume(const void *data, size_t size);
void die(const char *text) __attribute__((noreturn));
_Noreturn void die_call(const char *file, int line, const char *call);
_Noreturn void skip(const char *text);

/* common.c: dma-bufs and their brackets */
volatile unsigned char *map_fd(int fd, size_t size);
void unmap(volatile unsigned char *map, size_t size);
size_t page_round(size_t size);
void dbuf_init(struct dbuf *d, int fd, size_t size);
void dbuf_new(struct dbuf *d, size_t size);
void dbuf_finish(struct dbuf *d);
void dbufs_new(struct dbuf bufs[BUFFERS], size_t size);
void dbufs_finish(struct dbuf bufs[BUFFERS]);
int lend_to_careless(int fd);
int sync_raw(int fd, unsigned long long flags);
void sync_start(int fd, unsigned long long access);
void sync_end(int fd, unsigned long long access);

/* common_alloc.c: from the exporter that $EXPORTER names: heap (which it is by default), udmabuf or vivid */
int dbuf_alloc(size_t size);

/* common_udmabuf.c */
int memfd_alloc(size_t size);
int udmabuf_slice(int memfd, size_t offset, size_t size);
int udmabuf_create(int *ret_memfd, size_t size);
void memfd_frame_init(struct memfd_frame *f, size_t size);
void memfd_frame_finish(struct memfd_frame *f);

/* common_node.c */
int vivid_node(unsigned int type, unsigned int cap);

/* common_video.c */
void video_open(struct video *v, unsigned int type, unsigned int memory);
void video_open_cap(struct video *v, unsigned int type, unsigned int memory, unsigned int cap);
void video_buffer(const struct video *v, struct v4l2_buffer *b, unsigned int index);
void video_buffer_planes(const struct video *v, struct v4l2_buffer *b, struct v4l2_plane *planes,
			 unsigned int index);
void video_queue(const struct video *v, unsigned int index, int fd);
void video_queue_all(const struct video *v, const struct dbuf bufs[BUFFERS]);
unsigned int video_dequeue(const struct video *v);
void video_start(const struct video *v);
void video_stop(const struct video *v);
int video_export(const struct video *v, unsigned int index);
void video_close(struct video *v);

/* common_stream.c: a queue that runs, all its buffers queued */
void video_stream_mmap(struct video *v, unsigned int type);
void video_stream_dmabuf(struct video *v, unsigned int type, struct dbuf bufs[BUFFERS]);

#endif
