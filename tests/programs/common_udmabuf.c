/* SPDX-License-Identifier: MIT */
/* Dma-bufs made of a memfd. */
#include "common.h"

#include <fcntl.h>
#include <linux/udmabuf.h>
#include <sys/mman.h>
#include <unistd.h>

/* A memfd that udmabuf accepts. */
int memfd_alloc(size_t size)
{
	int fd = memfd_create("frames", MFD_ALLOW_SEALING | MFD_CLOEXEC);

	CHECK(fd);
	CHECK(ftruncate(fd, (off_t)page_round(size)));
	CHECK(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK));
	return fd;
}

/* A dma-buf of a part of a memfd. */
int udmabuf_slice(int memfd, size_t offset, size_t size)
{
	struct udmabuf_create c = {
		.memfd = (unsigned int)memfd,
		.flags = UDMABUF_FLAGS_CLOEXEC,
		.offset = offset,
		.size = page_round(size),
	};
	int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	int fd;

	if (dev < 0)
		skip("no /dev/udmabuf");
	fd = ioctl(dev, UDMABUF_CREATE, &c);
	CHECK(fd);
	close(dev);
	return fd;
}

int udmabuf_create(int *ret_memfd, size_t size)
{
	*ret_memfd = memfd_alloc(size);
	return udmabuf_slice(*ret_memfd, 0, size);
}

/* Maps the memfd and fills its first byte while it is not yet a dma-buf: no bracket is due then. */
void memfd_frame_init(struct memfd_frame *f, size_t size)
{
	f->size = size;
	f->memfd = memfd_alloc(size);
	f->map = map_fd(f->memfd, size);
	f->map[0] = 1;
	f->fd = udmabuf_slice(f->memfd, 0, size);
}

void memfd_frame_finish(struct memfd_frame *f)
{
	unmap(f->map, f->size);
	CHECK(close(f->fd));
	CHECK(close(f->memfd));
}
