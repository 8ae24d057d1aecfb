/* SPDX-License-Identifier: MIT */
/*
 * LIF05: the descriptor is closed while its mapping is still in use, and END goes to the closed
 * number. The twin ends the bracket first.
 * rule: LIF05
 * severity: warning
 * devices: heap vivid
 */
#include "common.h"

#include <errno.h>
#include <unistd.h>

static void read_frame(const struct dbuf *frame)
{
	struct dma_buf_sync end = {.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ};
	int result;

	sync_start(frame->fd, DMA_BUF_SYNC_READ);
	(void)frame->map[0];
	if (!TWIN)
		CHECK(close(frame->fd));
	result = ioctl(frame->fd, DMA_BUF_IOCTL_SYNC, &end); /* EXPECT LIF05 */
	if (!TWIN && (result == 0 || errno != EBADF))
		die("END on a closed number must fail");
	if (TWIN)
		CHECK(result);
	if (TWIN)
		CHECK(close(frame->fd));
}

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;
	unsigned int n;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	n = video_dequeue(&cap);
	read_frame(&bufs[n]);
	unmap(bufs[n].map, bufs[n].size);
	video_close(&cap);
	for (unsigned int i = 0; i < BUFFERS; i++)
		if (i != n)
			dbuf_finish(&bufs[i]);
	return 0;
}
