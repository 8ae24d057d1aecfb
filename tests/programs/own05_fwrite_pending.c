/* SPDX-License-Identifier: MIT */
/*
 * A frame is written to a file while a device still works on it. The twin waits by select().
 * rule: OWN05
 * severity: error
 * devices: vgem
 */
#include "vgem.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <unistd.h>

static void wait_by_select(int fd)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	if (select(fd + 1, &set, NULL, NULL, NULL) != 1)
		die("select");
}

int main(void)
{
	volatile unsigned char *map;
	struct vgem g;
	int out = open("/dev/null", O_WRONLY | O_CLOEXEC);

	case_begin();
	vgem_init(&g);
	map = vgem_map(&g);
	vgem_signal_begin(&g, vgem_fence_write(&g));
	if (TWIN)
		wait_by_select(g.buf.fd);
	if (write(out, (const void *)map, g.buf.size) != (ssize_t)g.buf.size) /* EXPECT OWN05 */
		die("write");
	vgem_signal_end();
	CHECK(munmap((void *)map, g.buf.size));
	CHECK(close(out));
	vgem_finish(&g);
	return 0;
}
