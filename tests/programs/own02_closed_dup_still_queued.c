/* SPDX-License-Identifier: MIT */
/*
 * OWN02: the program closes its descriptor of the camera and takes the frames for its own, but a
 * dup of the descriptor keeps the queue going. The twin stops the stream first.
 * rule: OWN02
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

#include <fcntl.h>
#include <unistd.h>

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;
	int other;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	if (TWIN)
		video_stop(&cap);
	other = fcntl(cap.fd, F_DUPFD_CLOEXEC, 0);
	CHECK(other);
	CHECK(close(cap.fd));
	sync_start(bufs[0].fd, DMA_BUF_SYNC_READ);
	(void)bufs[0].map[0]; /* EXPECT OWN02 */
	sync_end(bufs[0].fd, DMA_BUF_SYNC_READ);
	cap.fd = other;
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
