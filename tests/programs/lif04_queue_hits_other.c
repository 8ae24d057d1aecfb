/* SPDX-License-Identifier: MIT */
/*
 * LIF04: a consumer closes a descriptor that it was lent, and a log file gets the number; its owner
 * queues that number again and again, as it has before. The twin's consumer closes its own dup.
 * rule: LIF04
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

#include <fcntl.h>
#include <unistd.h>

static int consume_lent(int fd)
{
	close(TWIN ? dup(fd) : fd);
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int main(void)
{
	struct v4l2_buffer b;
	struct video out;
	int fd, log;

	case_begin();
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF);
	fd = heap_alloc(out.size);
	video_queue(&out, 0, fd);
	video_start(&out);
	video_dequeue(&out);
	log = consume_lent(fd);
	if ((log == fd) == TWIN)
		die("the log file has not got the number that it should");
	video_buffer(&out, &b, 0);
	b.m.fd = fd;
	if ((ioctl(out.fd, VIDIOC_QBUF, &b) < 0) == TWIN) /* EXPECT LIF04 */
		die("VIDIOC_QBUF");
	close(log);
	if (TWIN)
		close(fd);
	video_close(&out);
	return 0;
}
