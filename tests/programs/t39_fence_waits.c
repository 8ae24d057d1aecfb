/* SPDX-License-Identifier: MIT */
/*
 * A fence that ends without a poll() of this thread: START waits, another process signals, the
 * descriptor that was polled is a sync_file, and poll() by syscall(2).
 * near: OWN05
 * devices: vgem
 */
#include "vgem.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void by_start(const struct vgem *g)
{
	vgem_signal_later(g, vgem_fence_write(g));
	sync_start(g->buf.fd, DMA_BUF_SYNC_RW);
	g->buf.map[0]++;
	sync_end(g->buf.fd, DMA_BUF_SYNC_RW);
	vgem_signal_join();
}

static void by_child(const struct vgem *g, volatile unsigned char *map)
{
	uint32_t fence = vgem_fence_write(g);
	pid_t child = fork();

	if (!child) {
		vgem_fence_signal(g, fence);
		_exit(0);
	}
	CHECK(waitpid(child, NULL, 0));
	map[0]++;
}

static void by_sync_file(const struct vgem *g, volatile unsigned char *map)
{
	uint32_t fence = vgem_fence_write(g);
	struct pollfd p = {.fd = fence_export(g->buf.fd, DMA_BUF_SYNC_READ), .events = POLLIN};
	struct timespec forever = {.tv_sec = 5};

	vgem_signal_later(g, fence);
	if (syscall(SYS_ppoll, &p, 1, &forever, NULL, 0) != 1)
		die("ppoll");
	map[0]++;
	CHECK(close(p.fd));
	vgem_signal_join();
}

int main(void)
{
	volatile unsigned char *map;
	struct vgem g;

	case_begin();
	vgem_init(&g);
	map = vgem_map(&g);
	by_start(&g);
	by_child(&g, map);
	by_sync_file(&g, map);
	CHECK(munmap((void *)map, g.buf.size));
	vgem_finish(&g);
	return 0;
}
