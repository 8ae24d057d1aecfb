/* SPDX-License-Identifier: MIT */
/*
 * Where dma-bufs come from.  The same mistake has to be found whoever made the buffer, so the suite runs
 * some programs once for each exporter.
 */
#include "common.h"

#include <fcntl.h>
#include <linux/dma-heap.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int from_heap(size_t size)
{
	struct dma_heap_allocation_data a = {
		.len = page_round(size),
		.fd_flags = O_RDWR | O_CLOEXEC,
	};
	int heap = open("/dev/dma_heap/system", O_RDONLY | O_CLOEXEC);

	if (heap < 0)
		skip("no /dev/dma_heap/system");
	CHECK(ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &a));
	close(heap);
	return (int)a.fd;
}

/* The memfd itself is not kept: what is left of it is the dma-buf. */
static int from_udmabuf(size_t size)
{
	int memfd, fd = udmabuf_create(&memfd, size);

	CHECK(close(memfd));
	return fd;
}

/* Buffers of a queue that never runs: it lends its memory alone. */
static int from_vivid(size_t size)
{
	static struct video lender;
	static unsigned int lent;

	if (!lent)
		video_open(&lender, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	if (lent == BUFFERS || page_round(size) > page_round(lender.size))
		die("vivid lends fewer and smaller buffers");
	return video_export(&lender, lent++);
}

int dbuf_alloc(size_t size)
{
	const char *exporter = getenv("EXPORTER");

	if (!exporter || !*exporter || !strcmp(exporter, "heap"))
		return from_heap(size);
	if (!strcmp(exporter, "udmabuf"))
		return from_udmabuf(size);
	if (!strcmp(exporter, "vivid"))
		return from_vivid(size);
	die("EXPORTER is heap, udmabuf or vivid");
}
