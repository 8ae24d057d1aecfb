/* SPDX-License-Identifier: MIT */
/*
 * OWN01: the program goes on drawing into an output frame that it has queued. The twin draws
 * everything before QBUF.
 * rule: OWN01
 * severity: error
 * devices: vivid
 */
#include "common.h"

int main(void)
{
	struct v4l2_buffer b;
	struct video out;

	case_begin();
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_MMAP);
	out.map[0][0] = 1;
	video_buffer(&out, &b, 0);
	if (!TWIN)
		CHECK(ioctl(out.fd, VIDIOC_QBUF, &b));
	out.map[0][1] = 2; /* EXPECT OWN01 */
	if (TWIN)
		CHECK(ioctl(out.fd, VIDIOC_QBUF, &b));
	video_queue(&out, 1, -1);
	video_queue(&out, 2, -1);
	video_start(&out);
	(void)video_dequeue(&out);
	video_close(&out);
	return 0;
}
