/* SPDX-License-Identifier: MIT */
/*
 * LIF02, L3: the exported descriptors of a queue are still open at exit. The twin closes them.
 * rule: LIF02
 * severity: warning
 * devices: vivid
 */
#include "common.h"

#include <fcntl.h>
#include <unistd.h>

int main(void)
{
	struct v4l2_exportbuffer e = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.flags = O_RDWR | O_CLOEXEC,
	};
	struct video cap;

	case_begin();
	video_open(&cap, e.type, V4L2_MEMORY_MMAP);
	for (e.index = 0; e.index < BUFFERS; e.index++) {
		CHECK(ioctl(cap.fd, VIDIOC_EXPBUF, &e)); /* EXPECT LIF02 */
		if (TWIN)
			CHECK(close(e.fd));
	}
	video_close(&cap);
	return 0;
}
