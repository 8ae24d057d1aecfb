/* SPDX-License-Identifier: MIT */
/*
 * T21: frames by read(): the driver's own buffers are behind it, the program has only a copy.
 * rule: none
 * devices: vivid
 * near: OWN02
 */
#include "common.h"

#include <stdlib.h>
#include <unistd.h>

int main(void)
{
	struct v4l2_format f = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	unsigned char *frame;
	int fd;

	case_begin();
	fd = vivid_node(V4L2_BUF_TYPE_VIDEO_CAPTURE, 0);
	CHECK(ioctl(fd, VIDIOC_G_FMT, &f));
	frame = malloc(f.fmt.pix.sizeimage);
	if (!frame)
		die("no memory");
	for (int i = 0; i < 3; i++) {
		CHECK(read(fd, frame, f.fmt.pix.sizeimage));
		consume(frame, f.fmt.pix.sizeimage);
	}
	free(frame);
	CHECK(close(fd));
	return 0;
}
