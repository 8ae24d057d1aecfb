/* SPDX-License-Identifier: MIT */
/* SYNC on a buffer that a device has, as a library sees it and as none can. */
#include <unistd.h>

#include "kinds.h"

/* SYNC on a buffer that is mapped for a device: what the exporter then does is the device's. */
void do_sync(void)
{
	struct vgem g;
	int fd;
	uint32_t handle;

	vgem_init(&g);
	fd = dbuf_alloc(SMALL);
	handle = import(g.card, fd);
	for (unsigned int i = 0; i < count; i++) {
		sync_start(fd, DMA_BUF_SYNC_RW);
		sync_end(fd, DMA_BUF_SYNC_RW);
	}
	forget(g.card, handle);
	CHECK(close(fd));
	vgem_finish(&g);
}

/* The system call itself: nothing that a library could have in its place. */
static long raw_ioctl(int fd, unsigned long request, void *arg)
{
#ifdef __x86_64__
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(16L), "D"((long)fd), "S"(request), "d"(arg)
			 : "rcx", "r11", "memory");
	return r;
#else
	register long x8 __asm__("x8") = 29, x0 __asm__("x0") = fd;
	register unsigned long x1 __asm__("x1") = request;
	register void *x2 __asm__("x2") = arg;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
#endif
}

static void raw_sync(int fd, unsigned long long flags)
{
	struct dma_buf_sync s = {.flags = flags};

	CHECK(raw_ioctl(fd, DMA_BUF_IOCTL_SYNC, &s) ? -1 : 0);
}

/* A mapped buffer that a device has, too. */
struct shared_buffer {
	struct vgem g;
	uint32_t handle;
	int fd;
	volatile unsigned char *map;
};

static void share(struct shared_buffer *b)
{
	vgem_init(&b->g);
	b->fd = dbuf_alloc(SMALL);
	b->handle = import(b->g.card, b->fd);
	b->map = map_fd(b->fd, SMALL);
}

static void unshare(struct shared_buffer *b)
{
	unmap(b->map, SMALL);
	forget(b->g.card, b->handle);
	CHECK(close(b->fd));
	vgem_finish(&b->g);
}

/* Correct brackets that no library can see, 23 START and 23 END. */
void do_raw(void)
{
	struct shared_buffer b;

	share(&b);
	for (unsigned int i = 0; i < count; i++) {
		raw_sync(b.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
		b.map[i] = b.map[i + 1];
		raw_sync(b.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	}
	unshare(&b);
}

/* The same without the brackets: the mistake that must still be found beside what is raw. */
void do_bare(void)
{
	struct shared_buffer b;

	share(&b);
	raw_sync(b.fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	b.map[0] = 1;
	raw_sync(b.fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	sync_start(b.fd, DMA_BUF_SYNC_WRITE); /* closes the window of the raw bracket */
	b.map[1] = 1;
	sync_end(b.fd, DMA_BUF_SYNC_WRITE);
	b.map[2] = 1; /* SYN01 */
	unshare(&b);
}
