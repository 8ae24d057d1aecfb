/* SPDX-License-Identifier: MIT */
/*
 * A video node without a driver, as the next library below libdmasan.so: V4L2 ioctls on it succeed
 * at once, mmap shows plain memory.  What remains of a call's time is the recorder's.  It measures
 * costs and nothing else: what dmasan knows about drivers is decided on real ones (tests/vm).
 */
#include <dlfcn.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/bench/device.h"

static int (*next_ioctl)(int fd, unsigned long request, ...);
static void *(*next_mmap)(void *addr, size_t len, int prot, int flags, int fd, off_t offset);
static int memory = -1; /* what the mappings of all nodes show */
static size_t memory_size;

__attribute__((constructor)) static void init(void)
{
	*(void **)&next_ioctl = dlsym(RTLD_NEXT, "ioctl");
	*(void **)&next_mmap = dlsym(RTLD_NEXT, "mmap");
	memory = memfd_create("bench", MFD_CLOEXEC);
}

static int is_node(int fd)
{
	return fd >= BENCH_FIRST_FD && fd < BENCH_FIRST_FD + BENCH_NODES;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (!is_node(fd))
		return next_ioctl(fd, request, arg);
	if (request == VIDIOC_QUERYBUF) {
		struct v4l2_buffer *b = arg;

		b->m.offset = b->index << BENCH_OFFSET_SHIFT;
		b->length = 1u << BENCH_OFFSET_SHIFT;
	}
	return 0;
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (!is_node(fd))
		return next_mmap(addr, len, prot, flags, fd, offset);
	if (len > memory_size && !ftruncate(memory, (off_t)len))
		memory_size = len;
	return next_mmap(addr, len, prot, flags, memory, 0);
}

void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
	__attribute__((alias("mmap")));
