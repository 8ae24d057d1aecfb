/* SPDX-License-Identifier: MIT */
/*
 * T4: three udmabufs are slices of one memfd, which is mapped once. The slice that is dequeued
 * is used inside its bracket while the others, in the same mapping, are queued.
 * rule: none
 * rows: T11
 * devices: udmabuf vivid
 */
#include "common.h"

#include <unistd.h>

enum { FRAMES = 4 };

static void use(int fd, volatile unsigned char *slice, size_t size)
{
	sync_start(fd, DMA_BUF_SYNC_RW);
	(void)slice[0];
	slice[size - 1] = 1;
	sync_end(fd, DMA_BUF_SYNC_RW);
}

int main(void)
{
	volatile unsigned char *all;
	int memfd, fd[BUFFERS];
	struct video cap;
	unsigned int n;
	size_t step;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF);
	step = page_round(cap.size);
	memfd = memfd_alloc(BUFFERS * step);
	all = map_fd(memfd, BUFFERS * step);
	for (n = 0; n < BUFFERS; n++) {
		fd[n] = udmabuf_slice(memfd, n * step, step);
		video_queue(&cap, n, fd[n]);
	}
	video_start(&cap);
	for (int frame = 0; frame < FRAMES; frame++) {
		n = video_dequeue(&cap);
		use(fd[n], all + n * step, step);
		video_queue(&cap, n, fd[n]);
	}
	video_close(&cap);
	unmap(all, BUFFERS * step);
	for (n = 0; n < BUFFERS; n++)
		CHECK(close(fd[n]));
	CHECK(close(memfd));
	return 0;
}
