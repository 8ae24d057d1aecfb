/* SPDX-License-Identifier: MIT */
/*
 * A17, openpilot's VisionBuf: START waits for the device, a signal interrupts it (EINTR), and
 * the program reads although no bracket is open. It does wait for the fence itself, so nothing
 * else is wrong. The twin repeats START until it succeeds.
 * rule: SYN08
 * severity: error
 * devices: vgem
 */
#include "vgem.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

enum { PERIOD_NS = 50 * 1000 * 1000 };

static void on_tick(int signal)
{
	(void)signal;
}

/* A signal that comes again and again: one of them finds START waiting. No SA_RESTART. */
static timer_t ticks_begin(void)
{
	struct sigaction act = {.sa_handler = on_tick};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1};
	struct itimerspec every = {{0, PERIOD_NS}, {0, PERIOD_NS}};
	timer_t timer;

	CHECK(sigaction(SIGUSR1, &act, NULL));
	CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer));
	CHECK(timer_settime(timer, 0, &every, NULL));
	return timer;
}

static void interrupted_start(const struct vgem *g)
{
	struct dma_buf_sync start = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ};
	timer_t ticks = ticks_begin();
	int result, error;

	result = ioctl(g->buf.fd, DMA_BUF_IOCTL_SYNC, &start);
	error = errno;
	CHECK(timer_delete(ticks));
	if (result == 0 || error != EINTR)
		die("START was not interrupted");
}

static void finish_write(const struct vgem *g, uint32_t fence)
{
	struct pollfd idle = {.fd = g->buf.fd, .events = POLLIN};

	vgem_fence_signal(g, fence);
	while (poll(&idle, 1, -1) < 0)
		if (errno != EINTR)
			die("poll");
}

int main(void)
{
	struct vgem g;
	uint32_t fence;

	case_begin();
	vgem_init(&g);
	fence = vgem_fence_write(&g);
	interrupted_start(&g);
	finish_write(&g, fence);
	if (TWIN)
		sync_start(g.buf.fd, DMA_BUF_SYNC_READ);
	(void)g.buf.map[0]; /* EXPECT SYN08 */
	if (TWIN)
		sync_end(g.buf.fd, DMA_BUF_SYNC_READ);
	vgem_finish(&g);
	return 0;
}
