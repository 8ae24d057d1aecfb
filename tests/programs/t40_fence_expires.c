/* SPDX-License-Identifier: MIT */
/*
 * vgem ends a fence that nobody signals after 10 s: the buffer is the program's again, though it
 * waited for nothing but the time.
 * near: OWN05
 * devices: vgem
 */
#include "vgem.h"

#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	volatile unsigned char *map;
	struct vgem g;

	case_begin();
	vgem_init(&g);
	map = vgem_map(&g);
	vgem_fence_write(&g);
	sleep(11);
	map[0]++;
	CHECK(munmap((void *)map, g.buf.size));
	vgem_finish(&g);
	return 0;
}
