/* SPDX-License-Identifier: MIT */
/*
 * OWN01: a bracket is no permission: START succeeds on a buffer that is queued, and the buffer
 * is written inside it. The twin takes the buffer out of the queue first.
 * rule: OWN01
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF);
	dbufs_new(bufs, cap.size);
	video_queue_all(&cap, bufs);
	if (TWIN)
		video_stop(&cap);
	sync_start(bufs[0].fd, DMA_BUF_SYNC_WRITE);
	bufs[0].map[0] = 0x10; /* EXPECT OWN01 */
	sync_end(bufs[0].fd, DMA_BUF_SYNC_WRITE);
	if (TWIN)
		video_queue_all(&cap, bufs);
	video_start(&cap);
	(void)video_dequeue(&cap);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
