/* SPDX-License-Identifier: MIT */
/*
 * LIF04: a consumer closes a descriptor that it was lent, while its owner is in a bracket; a log file
 * gets the number, and the owner's END goes to that. The twin's consumer closes its own dup.
 * rule: LIF04
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

#include <unistd.h>

int main(void)
{
	struct video out;
	int fd, spare, log;

	case_begin();
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF);
	fd = dbuf_alloc(out.size);
	spare = dup(fd);
	sync_start(fd, DMA_BUF_SYNC_READ);
	log = lend_to_careless(fd);
	if (sync_raw(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ)) /* EXPECT LIF04 */
		sync_end(spare, DMA_BUF_SYNC_READ);
	video_queue(&out, 0, spare);
	close(log);
	close(spare);
	if (TWIN)
		close(fd);
	video_close(&out);
	return 0;
}
