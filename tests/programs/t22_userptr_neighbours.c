/* SPDX-License-Identifier: MIT */
/*
 * T22: USERPTR frames in one malloc'ed block with the program's own data before, between and
 * behind them, on the same pages. Only the bytes of a frame belong to the device while it is
 * queued.
 * rule: none
 * devices: vivid
 */
#include "common.h"

#include <stdlib.h>

enum { OWN_BYTES = 128, FRAMES = 4 };

static unsigned char *block;
static size_t step;

static void queue_frame(const struct video *cap, unsigned int i)
{
	struct v4l2_buffer b;

	video_buffer(cap, &b, i);
	b.m.userptr = (unsigned long)(block + i * step + OWN_BYTES);
	b.length = (unsigned int)cap->size;
	CHECK(ioctl(cap->fd, VIDIOC_QBUF, &b));
}

/* The program's data in front of each frame, and behind the last one. */
static void use_neighbours(void)
{
	volatile unsigned char *own;

	for (size_t i = 0; i <= BUFFERS; i++) {
		own = block + i * step;
		own[OWN_BYTES - 1] = (unsigned char)(own[0] + 1);
	}
}

int main(void)
{
	volatile unsigned char *frame;
	struct video cap;
	unsigned int i;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_USERPTR);
	step = cap.size + OWN_BYTES;
	block = calloc(1, BUFFERS * step + OWN_BYTES);
	if (!block)
		die("calloc");
	for (i = 0; i < BUFFERS; i++)
		queue_frame(&cap, i);
	video_start(&cap);
	for (int n = 0; n < FRAMES; n++) {
		use_neighbours();
		i = video_dequeue(&cap);
		frame = block + i * step + OWN_BYTES;
		(void)frame[0];
		frame[cap.size - 1] = 1;
		queue_frame(&cap, i);
	}
	video_close(&cap);
	free(block);
	return 0;
}
