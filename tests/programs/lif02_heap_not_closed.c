/* SPDX-License-Identifier: MIT */
/*
 * LIF02: the mapping of a heap buffer is taken down, its descriptor is forgotten. The twin
 * closes it.
 * rule: LIF02
 * severity: warning
 * devices: heap
 */
#include "common.h"

#include <fcntl.h>
#include <linux/dma-heap.h>
#include <unistd.h>

int main(void)
{
	struct dma_heap_allocation_data a = {.len = SMALL, .fd_flags = O_RDWR | O_CLOEXEC};
	int heap = open("/dev/dma_heap/system", O_RDONLY | O_CLOEXEC);
	volatile unsigned char *map;

	case_begin();
	if (heap < 0)
		skip("no /dev/dma_heap/system");
	CHECK(ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &a)); /* EXPECT LIF02 */
	map = map_fd((int)a.fd, SMALL);
	sync_start((int)a.fd, DMA_BUF_SYNC_WRITE);
	map[0] = 1;
	sync_end((int)a.fd, DMA_BUF_SYNC_WRITE);
	unmap(map, SMALL);
	if (TWIN)
		CHECK(close((int)a.fd));
	CHECK(close(heap));
	return 0;
}
