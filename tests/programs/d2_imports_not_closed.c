/* SPDX-License-Identifier: MIT */
/*
 * D2 (GStreamer v4l2): each frame is imported with a dup of its descriptor that nobody closes.
 * rule: LIF02
 * severity: warning
 * devices: heap vivid
 */
#include "common.h"

#include <unistd.h>

int main(void)
{
	struct dbuf buf;
	struct video out;

	case_begin();
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF);
	dbuf_new(&buf, out.size); /* EXPECT LIF02 */
	for (unsigned int i = 0; i < 2 * BUFFERS; i++) {
		int fd = dup(buf.fd);

		video_queue(&out, i % BUFFERS, fd);
		if (TWIN)
			close(fd); /* the queue keeps the buffer */
		if (i % BUFFERS == BUFFERS - 1)
			video_stop(&out);
	}
	video_close(&out);
	dbuf_finish(&buf);
	return 0;
}
