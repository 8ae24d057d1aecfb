/* SPDX-License-Identifier: MIT */
/*
 * 300 writes into a queued buffer: ten to each of 30 pages, in order. guard=every sees them all,
 * guard=first one for each run of 1, 2, 4, 8 and 16 pages.
 * rule: OWN01
 * severity: error
 * devices: vivid
 */
#include "common.h"

int main(void)
{
	struct v4l2_buffer b;
	struct video cap;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_MMAP);
	video_buffer(&cap, &b, 0);
	if (!TWIN)
		CHECK(ioctl(cap.fd, VIDIOC_QBUF, &b));
	for (int page = 0; page < 30; page++)
		for (int i = 0; i < 10; i++)
			cap.map[0][page * 4096 + i * 8] = 1; /* EXPECT OWN01 */
	video_close(&cap);
	return 0;
}
