/* SPDX-License-Identifier: MIT */
/* dma-bufs for the tests of --coherency, and a view of them that no library sees: the device. */
#ifndef TESTS_VM_COHERENCY_BUF_H
#define TESTS_VM_COHERENCY_BUF_H

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BUF_SIZE 65536

static inline void die(const char *what)
{
	fprintf(stderr, "%s: %s: %s\n", program_invocation_short_name, what, strerror(errno));
	exit(2);
}

static inline long raw_mmap(size_t n, int fd)
{
	long r;
#ifdef __x86_64__
	register long fl __asm__("r10") = MAP_SHARED;
	register long f __asm__("r8") = fd;
	register long off __asm__("r9") = 0;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(SYS_mmap), "D"(0), "S"(n), "d"(PROT_READ | PROT_WRITE), "r"(fl),
			   "r"(f), "r"(off)
			 : "rcx", "r11", "memory");
#else
	(void)n;
	(void)fd;
	r = -ENOSYS;
#endif
	return r;
}

static inline int heap(size_t n)
{
	struct dma_heap_allocation_data a = {.len = n, .fd_flags = O_RDWR | O_CLOEXEC};
	int fd = open("/dev/dma_heap/system", O_RDONLY | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, DMA_HEAP_IOCTL_ALLOC, &a))
		die("heap");
	close(fd);
	return (int)a.fd;
}

/* memfd: NULL, or where the descriptor of the memory behind it goes. */
static inline int udmabuf(size_t n, int *ret_memfd)
{
	int memfd = memfd_create("m", MFD_ALLOW_SEALING), dev = open("/dev/udmabuf", O_RDWR), fd;
	struct udmabuf_create c = {.memfd = (unsigned)memfd, .size = n};

	if (memfd < 0 || dev < 0 || ftruncate(memfd, (off_t)n) ||
	    fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		die("memfd");
	fd = ioctl(dev, UDMABUF_CREATE, &c);
	if (fd < 0)
		die("udmabuf");
	close(dev);
	if (ret_memfd)
		*ret_memfd = memfd;
	else
		close(memfd);
	return fd;
}

#endif
