/* SPDX-License-Identifier: MIT */
/*
 * OWN02 by a system call: fwrite() of a frame that was queued again. The twin queues after
 * fwrite(), which must succeed in both.
 * rule: OWN02
 * severity: error
 * devices: vivid
 */
#include "common.h"

#include <stdio.h>

static void save(volatile unsigned char *frame, size_t size, FILE *file)
{
	size_t done;

	done = fwrite((void *)frame, 1, size, file); /* EXPECT OWN02 */
	if (done != size || fflush(file))
		die("fwrite");
}

int main(void)
{
	FILE *file = fopen("/dev/null", "w");
	struct v4l2_buffer b;
	struct video cap;

	case_begin();
	if (!file)
		die("/dev/null");
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	video_buffer(&cap, &b, 0);
	CHECK(ioctl(cap.fd, VIDIOC_DQBUF, &b));
	if (!TWIN)
		CHECK(ioctl(cap.fd, VIDIOC_QBUF, &b));
	save(cap.map[b.index], cap.size, file);
	if (TWIN)
		CHECK(ioctl(cap.fd, VIDIOC_QBUF, &b));
	video_close(&cap);
	fclose(file);
	return 0;
}
