/* SPDX-License-Identifier: MIT */
/*
 * T31: SYNC by syscall(2), as language runtimes do it.
 * rule: none
 * devices: heap vivid
 * near: SYN02
 */
#include "common.h"

#include <sys/syscall.h>
#include <unistd.h>

static void sync_by_syscall(int fd, unsigned long long flags)
{
	struct dma_buf_sync s = {.flags = flags};

	CHECK(syscall(SYS_ioctl, fd, DMA_BUF_IOCTL_SYNC, &s));
}

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct video cap;
	unsigned int i;

	case_begin();
	video_stream_dmabuf(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, bufs);
	i = video_dequeue(&cap);
	sync_by_syscall(bufs[i].fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
	consume((const void *)bufs[i].map, SMALL);
	sync_by_syscall(bufs[i].fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
	video_close(&cap);
	dbufs_finish(bufs);
	return 0;
}
