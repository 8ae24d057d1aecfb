/* SPDX-License-Identifier: MIT */
/*
 * Streams from a capture node for ever and keeps, in a shared file, how many buffers came back:
 * what a trace must still know when this process is killed.  streamer DEVICE COUNTER-FILE
 */
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define BUFFERS 4

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static struct v4l2_buffer buffer(unsigned index)
{
	return (struct v4l2_buffer){
		.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
}

static void start(int fd, volatile uint8_t *map[BUFFERS])
{
	struct v4l2_requestbuffers req = {
		.count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	int type = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	must(!ioctl(fd, VIDIOC_REQBUFS, &req) && req.count == BUFFERS, "REQBUFS");
	for (unsigned i = 0; i < BUFFERS; i++) {
		struct v4l2_buffer b = buffer(i);

		must(!ioctl(fd, VIDIOC_QUERYBUF, &b), "QUERYBUF");
		map[i] = mmap(NULL, b.length, PROT_READ, MAP_SHARED, fd, b.m.offset);
		must(map[i] != MAP_FAILED, "mmap");
		must(!ioctl(fd, VIDIOC_QBUF, &b), "QBUF");
	}
	must(!ioctl(fd, VIDIOC_STREAMON, &type), "STREAMON");
}

int main(int argc, char **argv)
{
	volatile uint8_t *map[BUFFERS];
	volatile uint64_t *count;
	int fd, file;

	if (argc != 3)
		return 2;
	fd = open(argv[1], O_RDWR);
	must(fd >= 0, argv[1]);
	file = open(argv[2], O_RDWR | O_CREAT | O_TRUNC, 0600);
	must(file >= 0 && !ftruncate(file, 8), argv[2]);
	count = mmap(NULL, 8, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
	must(count != MAP_FAILED, "mmap");
	start(fd, map);
	for (;;) {
		struct v4l2_buffer b = buffer(0);

		must(!ioctl(fd, VIDIOC_DQBUF, &b), "DQBUF");
		(*count)++;
		(void)map[b.index][0];
		must(!ioctl(fd, VIDIOC_QBUF, &b), "QBUF");
	}
}
