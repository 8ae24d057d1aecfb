/* SPDX-License-Identifier: MIT */
/*
 * coherency_matrix heap|udmabuf COLUMN: the nine sequences of matrix.h on real dma-bufs.  The
 * device is a mapping that is made by an instruction of our own, so that no library sees it.  With vgem as third
 * word: what the CPU sees of a buffer that a device has mapped, for a kernel that bounces.
 */
#include <drm.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "coherency_buf.h"
#include "matrix.h"

struct buffer {
	struct matrix m;
	int fd;
};

/* A device that maps the buffer for DMA, so that a kernel with swiotlb=force really copies. */
static void import(int fd)
{
	struct drm_prime_handle p = {.fd = fd};
	char name[16] = "";
	struct drm_version v = {.name = name, .name_len = sizeof(name) - 1};
	int card = -1;

	for (int i = 0; i < 8 && strcmp(name, "vgem"); i++) {
		char path[32];

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		memset(name, 0, sizeof(name));
		v.name_len = sizeof(name) - 1;
		card = open(path, O_RDWR | O_CLOEXEC);
		if (card >= 0 && ioctl(card, DRM_IOCTL_VERSION, &v))
			name[0] = 0;
	}
	if (strcmp(name, "vgem") || ioctl(card, DRM_IOCTL_PRIME_FD_TO_HANDLE, &p))
		die("import into vgem");
}

/* What the CPU sees of a result: the device cannot be looked at from here. */
static const char *cpu_part(int row, char *result)
{
	return row == 3 || row == 8 ? strchr(result, ';') + 1 : result;
}

static void sync_real(struct matrix *m, int end, int rights)
{
	struct dma_buf_sync s = {.flags = (unsigned)rights | (end ? DMA_BUF_SYNC_END : 0u)};

	if (ioctl(((struct buffer *)m)->fd, DMA_BUF_IOCTL_SYNC, &s))
		die("sync");
}

int main(int argc, char **argv)
{
	int column = argc > 2 ? atoi(argv[2]) : 0, bad = 0;
	int imported = argc > 3 && !strcmp(argv[3], "vgem");

	for (int row = 1; argc > 1 && row <= M_ROWS; row++) {
		struct buffer b = {.fd = strcmp(argv[1], "heap") ? udmabuf(BUF_SIZE, NULL)
								 : heap(BUF_SIZE)};
		void *map = mmap(NULL, M_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, b.fd, 0);
		long dev = raw_mmap(M_SIZE, b.fd);
		char got[32], want[32];

		if (imported && row != 3 && row != 8 && row != 9)
			continue;
		if (imported)
			import(b.fd);
		if (map == MAP_FAILED || (dev < 0 && dev > -4096))
			die("mmap");
		b.m = (struct matrix){map, (volatile uint8_t *)dev, sync_real};
		matrix_row(&b.m, row, got);
		printf("%s %d %s\n", argv[1], row, got);
		snprintf(want, sizeof(want), "%s", matrix_expect[row - 1][column]);
		if (imported ? strcmp(cpu_part(row, got), cpu_part(row, want))
			     : strcmp(got, want)) {
			printf("%s %d: expected %s\n", argv[1], row,
			       matrix_expect[row - 1][column]);
			bad++;
		}
		munmap(map, M_SIZE);
		munmap((void *)dev, M_SIZE);
		close(b.fd);
	}
	return bad != 0;
}
