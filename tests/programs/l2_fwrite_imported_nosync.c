/* SPDX-License-Identifier: MIT */
/*
 * L2, v4l2-ctl --stream-dmabuf: fwrite() of an imported frame, read by the kernel on behalf of
 * the program, with no bracket. The twin brackets the call.
 * rule: SYN02
 * severity: error
 * devices: udmabuf vivid
 */
#include "common.h"

#include <stdio.h>
#include <unistd.h>

static void write_out(const struct dbuf *frame, FILE *file)
{
	size_t done;

	done = fwrite((void *)frame->map, 1, frame->size, file); /* EXPECT SYN02 */
	if (done != frame->size || fflush(file))
		die("fwrite");
}

int main(void)
{
	FILE *file = fopen("/dev/null", "w");
	struct dbuf bufs[BUFFERS];
	int memfd[BUFFERS];
	struct video cap;
	unsigned int n;

	case_begin();
	if (!file)
		die("/dev/null");
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF);
	for (int i = 0; i < BUFFERS; i++)
		dbuf_init(&bufs[i], udmabuf_create(&memfd[i], cap.size), cap.size);
	video_queue_all(&cap, bufs);
	video_start(&cap);
	n = video_dequeue(&cap);
	if (TWIN)
		sync_start(bufs[n].fd, DMA_BUF_SYNC_READ);
	write_out(&bufs[n], file);
	if (TWIN)
		sync_end(bufs[n].fd, DMA_BUF_SYNC_READ);
	video_close(&cap);
	dbufs_finish(bufs);
	for (int i = 0; i < BUFFERS; i++)
		CHECK(close(memfd[i]));
	fclose(file);
	return 0;
}
