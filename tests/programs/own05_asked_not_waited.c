/* SPDX-License-Identifier: MIT */
/*
 * A device writes the buffer. Ten times the program makes a call that can wait for the fence, in a
 * way that does not: it only asks and does not look at the answer, or goes only half the way. The
 * twin waits with the same calls.
 * rule: OWN05
 * severity: error
 * devices: vgem
 */
#include "vgem.h"

#include <linux/sync_file.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { FOREVER_S = 15 };

static struct vgem g;
static volatile unsigned char *map; /* of the DRM node: nobody demands a bracket */
static const struct timespec limit = {.tv_sec = TWIN ? FOREVER_S : 0};

/* Exactly the twin has seen the fence signalled. */
static void must_be(long signalled)
{
	if (signalled != TWIN)
		die("a call did not answer as it should");
}

static void begin(void)
{
	vgem_signal_begin(&g, vgem_fence_write(&g));
}

static void by_poll(void)
{
	struct pollfd p = {.fd = g.buf.fd, .events = POLLIN};

	begin();
	must_be(poll(&p, 1, TWIN ? -1 : 0));
	map[0] = 1; /* EXPECT OWN05 */
	vgem_signal_end();
}

static void by_ppoll(void)
{
	struct pollfd p = {.fd = g.buf.fd, .events = POLLIN};

	begin();
	must_be(ppoll(&p, 1, &limit, NULL));
	map[0] = 2; /* EXPECT OWN05 */
	vgem_signal_end();
}

static void by_select(void)
{
	struct timeval t = {.tv_sec = limit.tv_sec};
	fd_set set;

	begin();
	FD_ZERO(&set);
	FD_SET(g.buf.fd, &set);
	must_be(select(g.buf.fd + 1, &set, NULL, NULL, &t));
	map[0] = 3; /* EXPECT OWN05 */
	vgem_signal_end();
}

static void by_pselect(void)
{
	fd_set set;

	begin();
	FD_ZERO(&set);
	FD_SET(g.buf.fd, &set);
	must_be(pselect(g.buf.fd + 1, &set, NULL, NULL, &limit, NULL));
	map[0] = 4; /* EXPECT OWN05 */
	vgem_signal_end();
}

static int epoll_of(int fd)
{
	struct epoll_event e = {.events = EPOLLIN};
	int set = epoll_create1(EPOLL_CLOEXEC);

	CHECK(set);
	CHECK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &e));
	return set;
}

static void by_epoll(void)
{
	struct epoll_event e;
	int set = epoll_of(g.buf.fd);

	begin();
	must_be(epoll_wait(set, &e, 1, TWIN ? -1 : 0));
	map[0] = 5; /* EXPECT OWN05 */
	vgem_signal_end();
	CHECK(close(set));
}

static void by_epoll_pwait(void)
{
	struct epoll_event e;
	int set = epoll_of(g.buf.fd);

	begin();
	must_be(epoll_pwait(set, &e, 1, TWIN ? -1 : 0, NULL));
	map[0] = 6; /* EXPECT OWN05 */
	vgem_signal_end();
	CHECK(close(set));
}

/* START waits; one that is refused has not. */
static void by_start(void)
{
	begin();
	must_be(!sync_raw(g.buf.fd, DMA_BUF_SYNC_START | (TWIN ? DMA_BUF_SYNC_RW : 0)));
	map[0] = 7; /* EXPECT OWN05 */
	if (TWIN)
		sync_end(g.buf.fd, DMA_BUF_SYNC_RW);
	vgem_signal_end();
}

/* EXPORT_SYNC_FILE gives something to wait for. */
static void by_export(void)
{
	struct pollfd p = {.events = POLLIN};

	begin();
	p.fd = fence_export(g.buf.fd, DMA_BUF_SYNC_READ);
	if (TWIN)
		must_be(syscall(SYS_ppoll, &p, 1, &limit, NULL, 0));
	map[0] = 8; /* EXPECT OWN05 */
	vgem_signal_end();
	CHECK(close(p.fd));
}

/* SYNC_IOC_MERGE with the fence of another device that is done; that one alone is waited for. */
static void by_merge(void)
{
	struct vgem other;
	uint32_t done;
	int file[2], both;

	vgem_init(&other);
	done = vgem_fence_write(&other);
	file[0] = fence_export(other.buf.fd, DMA_BUF_SYNC_READ);
	vgem_fence_signal(&other, done);
	begin();
	file[1] = fence_export(g.buf.fd, DMA_BUF_SYNC_READ);
	both = fence_merge(file[0], file[1]);
	fence_poll(TWIN ? both : file[0], POLLIN);
	map[0] = 9; /* EXPECT OWN05 */
	vgem_signal_end();
	CHECK(close(both));
	CHECK(close(file[0]));
	CHECK(close(file[1]));
	vgem_finish(&other);
}

/* SYNC_IOC_FILE_INFO tells the status: 0 active, 1 signalled. */
static void by_status(void)
{
	struct sync_file_info info;
	int file;

	begin();
	file = fence_export(g.buf.fd, DMA_BUF_SYNC_READ);
	do {
		memset(&info, 0, sizeof(info));
		CHECK(ioctl(file, SYNC_IOC_FILE_INFO, &info));
	} while (TWIN && !info.status);
	must_be(info.status);
	map[0] = 10; /* EXPECT OWN05 */
	vgem_signal_end();
	CHECK(close(file));
}

int main(void)
{
	case_begin();
	vgem_init(&g);
	map = vgem_map(&g);
	by_poll();
	by_ppoll();
	by_select();
	by_pselect();
	by_epoll();
	by_epoll_pwait();
	by_start();
	by_export();
	by_merge();
	by_status();
	CHECK(munmap((void *)map, g.buf.size));
	vgem_finish(&g);
	return 0;
}
