/* SPDX-License-Identifier: MIT */
/*
 * LIF05: QBUF with a number whose descriptor was closed. The twin closes it after QBUF.
 * rule: LIF05
 * severity: warning
 * devices: heap vivid
 */
#include "common.h"

#include <unistd.h>

int main(void)
{
	struct v4l2_buffer b;
	struct video cap;
	int fd, result;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF);
	fd = dbuf_alloc(cap.size);
	video_buffer(&cap, &b, 0);
	b.m.fd = fd;
	if (!TWIN)
		CHECK(close(fd));
	result = ioctl(cap.fd, VIDIOC_QBUF, &b); /* EXPECT LIF05 */
	if (TWIN)
		CHECK(result);
	else if (result == 0)
		die("QBUF of a closed number must fail");
	if (TWIN)
		CHECK(close(fd));
	video_close(&cap);
	return 0;
}
