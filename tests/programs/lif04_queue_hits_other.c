/* SPDX-License-Identifier: MIT */
/*
 * LIF04: a consumer closes a descriptor that it was lent, and a log file gets the number; its owner
 * queues that number again and again, as it has before. The twin's consumer closes its own dup.
 * rule: LIF04
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

#include <unistd.h>

int main(void)
{
	struct dbuf bufs[BUFFERS];
	struct v4l2_buffer b;
	struct video out;
	unsigned int i;
	int log;

	case_begin();
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF);
	dbufs_new(bufs, out.size);
	video_queue_all(&out, bufs);
	video_start(&out);
	i = video_dequeue(&out);
	log = lend_to_careless(bufs[i].fd);
	video_buffer(&out, &b, i);
	b.m.fd = bufs[i].fd;
	if ((ioctl(out.fd, VIDIOC_QBUF, &b) < 0) == TWIN) /* EXPECT LIF04 */
		die("VIDIOC_QBUF");
	video_close(&out);
	/* the defect's log file has one of the numbers, and is closed with it */
	dbufs_finish(bufs);
	if (log != bufs[i].fd)
		close(log);
	return 0;
}
