/* SPDX-License-Identifier: MIT */
/*
 * OWN01 by a system call: read() puts the contents of a file into a frame that is queued for
 * output. The twin reads the file into the frame before QBUF. read() must succeed in both.
 * rule: OWN01
 * severity: error
 * devices: vivid
 */
#include "common.h"

#include <fcntl.h>
#include <unistd.h>

static void load(volatile unsigned char *frame, size_t size, int file)
{
	ssize_t n;

	n = read(file, (void *)frame, size); /* EXPECT OWN01 */
	if (n != (ssize_t)size)
		die("short read()");
}

int main(void)
{
	int file = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	struct v4l2_buffer b;
	struct video out;

	case_begin();
	CHECK(file);
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_MMAP);
	video_buffer(&out, &b, 0);
	if (!TWIN)
		CHECK(ioctl(out.fd, VIDIOC_QBUF, &b));
	load(out.map[0], out.size, file);
	if (TWIN)
		CHECK(ioctl(out.fd, VIDIOC_QBUF, &b));
	video_close(&out);
	CHECK(close(file));
	return 0;
}
