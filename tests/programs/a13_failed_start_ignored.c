/* SPDX-License-Identifier: MIT */
/*
 * A13, libdrmtap: START fails (no direction given), nobody looks, the frame is read and END is
 * issued for a bracket that was never opened. The twin opens the bracket with a direction and
 * looks at the result. (udmabuf refuses that END; nobody looks there either.)
 * rule: SYN02 SYN06
 * severity: error warning
 * devices: heap vivid
 */
#include "common.h"

#include <errno.h>

static int start(int fd)
{
	const unsigned long long access = TWIN ? DMA_BUF_SYNC_READ : 0;

	return sync_raw(fd, DMA_BUF_SYNC_START | access);
}

static void grab(const struct dbuf *frame)
{
	struct dma_buf_sync end = {.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ};

	if (start(frame->fd) < 0 && (TWIN || errno != EINVAL))
		die("START");
	(void)frame->map[0];					    /* EXPECT SYN02 */
	if (ioctl(frame->fd, DMA_BUF_IOCTL_SYNC, &end) < 0 && TWIN) /* EXPECT SYN06 */
		die("END");
}

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;
	unsigned int i;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	i = video_dequeue(&cap);
	grab(&bufs[i]);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
