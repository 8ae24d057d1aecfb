/* SPDX-License-Identifier: MIT */
/*
 * OWN01 through PREPARE_BUF: the caches are dealt with there, a write between PREPARE_BUF and
 * QBUF comes too late. The twin writes before PREPARE_BUF.
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
	video_buffer(&out, &b, 0);
	if (!TWIN)
		CHECK(ioctl(out.fd, VIDIOC_PREPARE_BUF, &b));
	out.map[0][0] = 1; /* EXPECT OWN01 */
	if (TWIN)
		CHECK(ioctl(out.fd, VIDIOC_PREPARE_BUF, &b));
	video_queue(&out, 0, -1);
	video_queue(&out, 1, -1);
	video_start(&out);
	(void)video_dequeue(&out);
	video_close(&out);
	return 0;
}
