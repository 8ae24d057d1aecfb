/* SPDX-License-Identifier: MIT */
/*
 * A device is still reading the buffer, and the program draws the next frame into it, through the
 * DRM node. Reading beside it is right. The twin waits by epoll until the readers are done, too.
 * rule: OWN05
 * severity: error
 * devices: vgem
 */
#include "vgem.h"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

static void wait_by_epoll(int fd)
{
	struct epoll_event e = {.events = EPOLLOUT};
	int set = epoll_create1(EPOLL_CLOEXEC);

	CHECK(set);
	CHECK(epoll_ctl(set, EPOLL_CTL_ADD, fd, &e));
	if (epoll_wait(set, &e, 1, -1) != 1)
		die("epoll_wait");
	CHECK(close(set));
}

int main(void)
{
	volatile unsigned char *map;
	struct vgem g;

	case_begin();
	vgem_init(&g);
	map = vgem_map(&g);
	vgem_signal_begin(&g, vgem_fence_read(&g));
	(void)map[0];
	if (TWIN)
		wait_by_epoll(g.buf.fd);
	map[0] = 1; /* EXPECT OWN05 */
	vgem_signal_end();
	CHECK(munmap((void *)map, g.buf.size));
	vgem_finish(&g);
	return 0;
}
