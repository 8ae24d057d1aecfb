/* SPDX-License-Identifier: MIT */
/*
 * A frame is mapped for writing alone (PROT_WRITE), as libcamera's virtual camera does. No CPU that
 * Linux runs on can write a page that it cannot read: loads work, and so does write() of the frame.
 * devices: heap vivid
 */
#include "common.h"

#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	struct dbuf frames[BUFFERS];
	struct video v;
	volatile unsigned char *map;
	int memfd;

	case_begin();
	video_stream_dmabuf(&v, V4L2_BUF_TYPE_VIDEO_OUTPUT, frames);
	memfd = memfd_alloc(SMALL);
	for (int n = 0; n < 6; n++) {
		unsigned int i = video_dequeue(&v);

		map = mmap(NULL, SMALL, PROT_WRITE, MAP_SHARED, frames[i].fd, 0);
		if (map == MAP_FAILED)
			die("mmap for writing");
		sync_start(frames[i].fd, DMA_BUF_SYNC_RW);
		map[0]++;
		if (write(memfd, (const void *)map, SMALL) != SMALL)
			die("write() of a frame that is mapped for writing");
		sync_end(frames[i].fd, DMA_BUF_SYNC_RW);
		CHECK(munmap((void *)map, SMALL));
		video_queue(&v, i, frames[i].fd);
	}
	video_stop(&v);
	dbufs_finish(frames);
	video_close(&v);
	CHECK(close(memfd));
	return 0;
}
