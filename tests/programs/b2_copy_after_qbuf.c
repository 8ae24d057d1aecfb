/* SPDX-License-Identifier: MIT */
/*
 * B2, ros2_v4l2_camera: the frame is copied after it was queued again. The twin copies, then
 * queues.
 * rule: OWN02
 * severity: error
 * devices: vivid
 */
#include "common.h"

#include <stdlib.h>
#include <string.h>

int main(void)
{
	struct v4l2_buffer b;
	struct video cap;
	void *image;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	image = malloc(cap.size);
	if (!image)
		die("malloc");
	video_queue_all(&cap, NULL);
	video_start(&cap);
	video_buffer(&cap, &b, 0);
	CHECK(ioctl(cap.fd, VIDIOC_DQBUF, &b));
	if (!TWIN)
		CHECK(ioctl(cap.fd, VIDIOC_QBUF, &b));
	memcpy(image, (void *)cap.map[b.index], cap.size); /* EXPECT OWN02 */
	if (TWIN)
		CHECK(ioctl(cap.fd, VIDIOC_QBUF, &b));
	consume(image, cap.size);
	free(image);
	video_close(&cap);
	return 0;
}
