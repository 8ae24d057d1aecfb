/* SPDX-License-Identifier: MIT */
/*
 * T18: PREPARE_BUF takes the buffer from the program; QBUF, DQBUF or STREAMOFF give it back.
 * rule: none
 * devices: vivid
 */
#include "common.h"

static void prepare(const struct video *v, unsigned int index)
{
	struct v4l2_buffer b;

	video_buffer(v, &b, index);
	CHECK(ioctl(v->fd, VIDIOC_PREPARE_BUF, &b));
}

int main(void)
{
	struct video cap;
	unsigned int i;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	cap.map[0][0] = 1;
	for (i = 0; i < BUFFERS; i++)
		prepare(&cap, i);
	video_stop(&cap);
	(void)cap.map[0][0];
	cap.map[0][0] = 2;
	prepare(&cap, 0);
	video_queue_all(&cap, NULL);
	video_start(&cap);
	i = video_dequeue(&cap);
	(void)cap.map[i][0];
	video_close(&cap);
	return 0;
}
