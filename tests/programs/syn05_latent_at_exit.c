/* SPDX-License-Identifier: MIT */
/*
 * SYN05 with nobody else at the buffer: the WRITE bracket is open at the end, no device ever saw
 * the buffer. The twin ends it.
 * rule: SYN05
 * severity: warning
 * devices: heap
 */
#include "common.h"

int main(void)
{
	struct dma_buf_sync s = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE};
	struct dbuf frame;

	case_begin();
	dbuf_new(&frame, SMALL);
	CHECK(ioctl(frame.fd, DMA_BUF_IOCTL_SYNC, &s)); /* EXPECT SYN05 */
	frame.map[0] = 1;
	if (TWIN)
		sync_end(frame.fd, DMA_BUF_SYNC_WRITE);
	dbuf_finish(&frame);
	return 0;
}
