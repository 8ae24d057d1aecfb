/* SPDX-License-Identifier: MIT */
/*
 * A1 with nobody else at the buffer: written with no bracket, but no device ever sees it, so
 * nothing is lost yet. The twin brackets the write.
 * rule: SYN01
 * severity: warning
 * devices: heap
 */
#include "common.h"

int main(void)
{
	struct dbuf frame;

	case_begin();
	dbuf_new(&frame, SMALL);
	if (TWIN)
		sync_start(frame.fd, DMA_BUF_SYNC_WRITE);
	frame.map[0] = 0x80; /* EXPECT SYN01 */
	if (TWIN)
		sync_end(frame.fd, DMA_BUF_SYNC_WRITE);
	dbuf_finish(&frame);
	return 0;
}
