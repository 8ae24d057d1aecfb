/* SPDX-License-Identifier: MIT */
/* Fences that a device signals later, waited for in every way and not at all. */
#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include "kinds.h"

/* Fences that vgem puts on its buffer and signals; SYNC START waits for none that is pending. */
void do_fence(void)
{
	struct vgem g;

	vgem_init(&g);
	for (unsigned int i = 0; i < count; i++) {
		vgem_fence_signal(&g, vgem_fence_write(&g));
		sync_start(g.buf.fd, DMA_BUF_SYNC_READ);
		sync_end(g.buf.fd, DMA_BUF_SYNC_READ);
	}
	vgem_finish(&g);
}

/* A device writes until a thread signals the fence, 50 ms from now. */
struct write {
	struct vgem g;
	uint32_t fence;
	pthread_t thread;
};

static void *signal_later(void *arg)
{
	struct write *w = arg;

	usleep(50000);
	vgem_fence_signal(&w->g, w->fence);
	return NULL;
}

static void write_start(struct write *w)
{
	vgem_init(&w->g);
	w->fence = vgem_fence_write(&w->g);
	CHECK(-pthread_create(&w->thread, NULL, signal_later, w));
}

static void write_finish(struct write *w)
{
	CHECK(-pthread_join(w->thread, NULL));
	vgem_finish(&w->g);
}

static void wait_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	CHECK(poll(&p, 1, 5000) - 1);
}

/* The mistake: the CPU touches what the device is still writing. */
void do_early(void)
{
	struct write w;

	write_start(&w);
	w.g.buf.map[0] = 1; /* OWN05 */
	write_finish(&w);
}

/* Correct: poll() waits for the fence. */
void do_poll(void)
{
	struct write w;

	write_start(&w);
	wait_readable(w.g.buf.fd);
	sync_start(w.g.buf.fd, DMA_BUF_SYNC_RW);
	w.g.buf.map[0] = 1;
	sync_end(w.g.buf.fd, DMA_BUF_SYNC_RW);
	write_finish(&w);
}

/* Correct: the fence as a file of its own is waited for. */
void do_syncfile(void)
{
	struct dma_buf_export_sync_file e = {.flags = DMA_BUF_SYNC_RW, .fd = -1};
	struct write w;

	write_start(&w);
	CHECK(ioctl(w.g.buf.fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &e));
	wait_readable(e.fd);
	CHECK(close(e.fd));
	sync_start(w.g.buf.fd, DMA_BUF_SYNC_RW);
	w.g.buf.map[0] = 1;
	sync_end(w.g.buf.fd, DMA_BUF_SYNC_RW);
	write_finish(&w);
}

/* Another mistake, which shows that waiting alone ends the device's claim: no bracket, SYN01. */
void do_waited(void)
{
	struct write w;

	write_start(&w);
	wait_readable(w.g.buf.fd);
	w.g.buf.map[0] = 1;
	write_finish(&w);
}
