/* SPDX-License-Identifier: MIT */
/*
 * Programs that use a capture queue in ways that players do not, for the tests of --coherency:
 *
 *   coherency_video import heap|udmabuf sync|nosync NODE FILE
 *	imports buffers of its own, filled with 0x11 before, and writes 14 frames of them to FILE
 *   coherency_video stores NODE
 *	stores into buffers that are queued: how many of those lines does the frame still have?
 */
#include <linux/dma-buf.h>
#include <linux/videodev2.h>
#include <stdbool.h>
#include <stdint.h>

#include "coherency_buf.h"

enum { BUFFERS = 4, FRAMES = 14, LINE = 64, LINES = 2000, STORE = 0xee };

struct queue {
	int fd, dmabuf[BUFFERS];
	enum v4l2_memory memory;
	uint8_t *map[BUFFERS];
	size_t length;
};

static struct v4l2_buffer call(const struct queue *q, unsigned long request, unsigned index)
{
	struct v4l2_buffer b = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = q->memory, .index = index};

	if (q->memory == V4L2_MEMORY_DMABUF) {
		b.m.fd = q->dmabuf[index];
		b.length = (uint32_t)q->length;
	}
	if (ioctl(q->fd, request, &b))
		die(request == VIDIOC_QBUF ? "QBUF" : "DQBUF");
	return b;
}

static void open_queue(struct queue *q, const char *node, enum v4l2_memory memory)
{
	struct v4l2_format f = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE};
	struct v4l2_requestbuffers req = {
		.count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = memory};

	q->fd = open(node, O_RDWR | O_CLOEXEC);
	q->memory = memory;
	if (q->fd < 0 || ioctl(q->fd, VIDIOC_G_FMT, &f) || ioctl(q->fd, VIDIOC_REQBUFS, &req) ||
	    req.count != BUFFERS)
		die(node);
	q->length = (f.fmt.pix.sizeimage + 4095) & ~(size_t)4095;
}

static void start(const struct queue *q)
{
	int on = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	for (unsigned i = 0; i < BUFFERS; i++)
		call(q, VIDIOC_QBUF, i);
	if (ioctl(q->fd, VIDIOC_STREAMON, &on))
		die("STREAMON");
}

static uint8_t *map(int fd, size_t n, off_t at)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

/* ---- buffers of its own ---- */

static void sync_buf(int fd, unsigned flags)
{
	struct dma_buf_sync s = {.flags = flags};

	if (ioctl(fd, DMA_BUF_IOCTL_SYNC, &s))
		die("sync");
}

/* In a bracket, also by the program that leaves out the others: the defect is in reading. */
static void fill(const struct queue *q, unsigned i)
{
	sync_buf(q->dmabuf[i], DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
	memset(q->map[i], 0x11, q->length);
	sync_buf(q->dmabuf[i], DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
}

static int import(const char *kind, bool synced, const char *node, const char *file)
{
	FILE *out = fopen(file, "wb");
	struct queue q = {0};

	open_queue(&q, node, V4L2_MEMORY_DMABUF);
	for (unsigned i = 0; i < BUFFERS; i++) {
		q.dmabuf[i] = strcmp(kind, "heap") ? udmabuf(q.length, NULL) : heap(q.length);
		q.map[i] = map(q.dmabuf[i], q.length, 0);
		fill(&q, i);
	}
	start(&q);
	for (unsigned n = 0; out && n < FRAMES; n++) {
		struct v4l2_buffer b = call(&q, VIDIOC_DQBUF, 0);

		if (synced)
			sync_buf(q.dmabuf[b.index], DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
		if (fwrite(q.map[b.index], 1, b.bytesused, out) != b.bytesused)
			die(file);
		if (synced)
			sync_buf(q.dmabuf[b.index], DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
		call(&q, VIDIOC_QBUF, b.index);
	}
	return !out || fclose(out);
}

/* ---- stores into what the device has ---- */

static void store(uint8_t *map)
{
	for (unsigned i = 0; i < LINES; i++)
		map[i * LINE] = STORE;
}

static unsigned kept(const uint8_t *map)
{
	unsigned n = 0;

	for (unsigned i = 0; i < LINES; i++)
		n += map[i * LINE] == STORE;
	return n;
}

static int stores(const char *node)
{
	struct queue q = {0};

	open_queue(&q, node, V4L2_MEMORY_MMAP);
	for (unsigned i = 0; i < BUFFERS; i++) {
		struct v4l2_buffer b = call(&q, VIDIOC_QUERYBUF, i);

		q.map[i] = map(q.fd, q.length, b.m.offset);
	}
	start(&q);
	for (unsigned n = 0; n < BUFFERS; n++) {
		struct v4l2_buffer b = call(&q, VIDIOC_DQBUF, 0);

		call(&q, VIDIOC_QBUF, b.index);
		store(q.map[b.index]);
		while (call(&q, VIDIOC_DQBUF, 0).index != b.index)
			; /* the others stay out: each round ends with this one */
		printf("%u of %d\n", kept(q.map[b.index]), LINES);
		for (unsigned i = 0; i < BUFFERS; i++)
			if (i != b.index)
				call(&q, VIDIOC_QBUF, i);
		call(&q, VIDIOC_QBUF, b.index);
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 6 && !strcmp(argv[1], "import"))
		return import(argv[2], !strcmp(argv[3], "sync"), argv[4], argv[5]);
	if (argc == 3 && !strcmp(argv[1], "stores"))
		return stores(argv[2]);
	return 2;
}
