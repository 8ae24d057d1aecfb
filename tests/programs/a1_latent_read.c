/* SPDX-License-Identifier: MIT */
/*
 * A1 with nobody else at the buffer, reading: no device ever sees it. The twin brackets the
 * read.
 * rule: SYN02
 * severity: warning
 * devices: udmabuf
 */
#include "common.h"

#include <unistd.h>

int main(void)
{
	struct dbuf frame;
	int memfd;

	case_begin();
	dbuf_init(&frame, udmabuf_create(&memfd, SMALL), SMALL);
	if (TWIN)
		sync_start(frame.fd, DMA_BUF_SYNC_READ);
	(void)frame.map[0]; /* EXPECT SYN02 */
	if (TWIN)
		sync_end(frame.fd, DMA_BUF_SYNC_READ);
	dbuf_finish(&frame);
	CHECK(close(memfd));
	return 0;
}
