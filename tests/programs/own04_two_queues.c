/* SPDX-License-Identifier: MIT */
/*
 * OWN04: a frame is queued to the display while the camera still fills it.
 * rule: OWN04
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap, out;
	unsigned int i = 0;

	case_begin();
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF);
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	if (TWIN)
		i = video_dequeue(&cap);
	video_queue(&out, 0, bufs[i].fd); /* EXPECT OWN04 */
	video_close(&out);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
