/* SPDX-License-Identifier: MIT */
/*
 * A9, Kodi's RetroPlayer: END comes before the last write of the frame. The twin ends the
 * bracket after the last write.
 * rule: SYN01
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

int main(void)
{
	struct dbuf bufs[BUFFERS], *frame;
	struct video out;
	unsigned int i;

	case_begin();
	video_stream_dmabuf(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, bufs);
	i = video_dequeue(&out);
	frame = &bufs[i];
	sync_start(frame->fd, DMA_BUF_SYNC_WRITE);
	frame->map[0] = 1;
	if (!TWIN)
		sync_end(frame->fd, DMA_BUF_SYNC_WRITE);
	frame->map[1] = 2; /* EXPECT SYN01 */
	if (TWIN)
		sync_end(frame->fd, DMA_BUF_SYNC_WRITE);
	video_queue(&out, i, frame->fd);
	video_close(&out);
	dbufs_finish(bufs);
	return 0;
}
