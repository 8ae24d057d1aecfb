/* SPDX-License-Identifier: MIT */
/*
 * LIF03: the descriptor is closed, the mapping stays until the program ends.
 * rule: LIF03
 * severity: warning
 * devices: heap
 */
#include "common.h"

#include <unistd.h>

int main(void)
{
	int fd = dbuf_alloc(SMALL);
	volatile unsigned char *map = map_fd(fd, SMALL); /* EXPECT LIF03 */

	case_begin();
	sync_start(fd, DMA_BUF_SYNC_READ);
	consume((const void *)map, SMALL);
	sync_end(fd, DMA_BUF_SYNC_READ);
	if (TWIN)
		unmap(map, SMALL);
	CHECK(close(fd));
	return 0;
}
