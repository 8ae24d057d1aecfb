/* SPDX-License-Identifier: MIT */
/*
 * OWN02 in the program's own memory: a USERPTR frame, whole pages, is read while it is queued.
 * The twin reads after DQBUF.
 * rule: OWN02
 * severity: error
 * devices: vivid
 */
#include "common.h"

#include <sys/mman.h>

static unsigned char *pages(size_t size)
{
	void *p = mmap(NULL, page_round(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static void queue_pages(const struct video *cap, unsigned int i, unsigned char *mem)
{
	struct v4l2_buffer b;

	video_buffer(cap, &b, i);
	b.m.userptr = (unsigned long)mem;
	b.length = (unsigned int)page_round(cap->size);
	CHECK(ioctl(cap->fd, VIDIOC_QBUF, &b));
}

int main(void)
{
	volatile unsigned char *mem[BUFFERS];
	struct video cap;
	unsigned int n = 0;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_USERPTR);
	for (unsigned int i = 0; i < BUFFERS; i++) {
		mem[i] = pages(cap.size);
		queue_pages(&cap, i, (unsigned char *)mem[i]);
	}
	video_start(&cap);
	if (TWIN)
		n = video_dequeue(&cap);
	(void)mem[n][0]; /* EXPECT OWN02 */
	video_close(&cap);
	for (unsigned int i = 0; i < BUFFERS; i++)
		unmap(mem[i], cap.size);
	return 0;
}
