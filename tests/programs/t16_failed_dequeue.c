/* SPDX-License-Identifier: MIT */
/*
 * T16: a DQBUF that fails changes nothing, whatever index stands in its struct. All buffers are
 * in the program's hands, so that EAGAIN is certain; before STREAMON it is EINVAL.
 * rule: none
 * devices: vivid
 */
#include "common.h"

#include <errno.h>
#include <fcntl.h>

static void fail_dequeue(const struct video *cap, int error)
{
	struct v4l2_buffer b;

	for (unsigned int i = 0; i < BUFFERS; i++) {
		video_buffer(cap, &b, i);
		if (ioctl(cap->fd, VIDIOC_DQBUF, &b) == 0 || errno != error)
			die("DQBUF failed in an unexpected way");
	}
}

static void use_all(const struct video *cap)
{
	for (int i = 0; i < BUFFERS; i++) {
		(void)cap->map[i][0];
		cap->map[i][1] = 1;
	}
}

int main(void)
{
	struct video cap;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	fail_dequeue(&cap, EINVAL);
	use_all(&cap);
	video_queue_all(&cap, NULL);
	video_start(&cap);
	for (int i = 0; i < BUFFERS; i++)
		(void)video_dequeue(&cap);
	CHECK(fcntl(cap.fd, F_SETFL, O_NONBLOCK));
	fail_dequeue(&cap, EAGAIN);
	use_all(&cap);
	video_close(&cap);
	return 0;
}
