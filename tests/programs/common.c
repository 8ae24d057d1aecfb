/* SPDX-License-Identifier: MIT */
/* How a program ends, dma-bufs, mappings and SYNC brackets. */
#include "common.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { EXIT_SKIP = 77, TIME_LIMIT_S = 20 };

static volatile unsigned char sink;

void case_begin(void)
{
	alarm(TIME_LIMIT_S);
}

/* Uses the bytes, so that the compiler keeps the copy that produced them. */
void consume(const void *data, size_t size)
{
	const unsigned char *bytes = data;

	sink = bytes[0] ^ bytes[size - 1];
}

void die(const char *text)
{
	fprintf(stderr, "FAIL: %s\n", text);
	exit(1);
}

void die_call(const char *file, int line, const char *call)
{
	fprintf(stderr, "FAIL: %s:%d: %s: %s\n", file, line, call, strerror(errno));
	exit(1);
}

void skip(const char *text)
{
	fprintf(stderr, "SKIP: %s\n", text);
	exit(EXIT_SKIP);
}

size_t page_round(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

volatile unsigned char *map_fd(int fd, size_t size)
{
	void *map = mmap(NULL, page_round(size), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (map == MAP_FAILED)
		die_call(__FILE__, __LINE__, "mmap");
	return map;
}

void unmap(volatile unsigned char *map, size_t size)
{
	CHECK(munmap((void *)map, page_round(size)));
}

/* Takes over fd and maps it. */
void dbuf_init(struct dbuf *d, int fd, size_t size)
{
	d->fd = fd;
	d->size = page_round(size);
	d->map = map_fd(fd, size);
}

void dbuf_new(struct dbuf *d, size_t size)
{
	dbuf_init(d, dbuf_alloc(size), size);
}

void dbuf_finish(struct dbuf *d)
{
	unmap(d->map, d->size);
	CHECK(close(d->fd));
}

void dbufs_new(struct dbuf bufs[BUFFERS], size_t size)
{
	for (int i = 0; i < BUFFERS; i++)
		dbuf_new(&bufs[i], size);
}

void dbufs_finish(struct dbuf bufs[BUFFERS])
{
	for (int i = 0; i < BUFFERS; i++)
		dbuf_finish(&bufs[i]);
}

/*
 * A consumer closes the descriptor that it was lent, and a log file gets the number; the twin's closes
 * a dup of its own. Returns the log file.
 */
int lend_to_careless(int fd)
{
	int log;

	CHECK(close(TWIN ? dup(fd) : fd));
	do {
		log = open("/dev/null", O_RDWR | O_CLOEXEC);
		CHECK(log);
	} while (!TWIN && log < fd);
	if ((log == fd) == TWIN)
		die("the log file has not got the number that it should");
	return log;
}

/* One SYNC, as it is; the result is the caller's. */
int sync_raw(int fd, unsigned long long flags)
{
	struct dma_buf_sync s = {.flags = flags};

	return ioctl(fd, DMA_BUF_IOCTL_SYNC, &s);
}

static void sync_retry(int fd, unsigned long long flags)
{
	while (sync_raw(fd, flags) < 0)
		if (errno != EINTR && errno != EAGAIN)
			die_call(__FILE__, __LINE__, "DMA_BUF_IOCTL_SYNC");
}

void sync_start(int fd, unsigned long long access)
{
	sync_retry(fd, DMA_BUF_SYNC_START | access);
}

void sync_end(int fd, unsigned long long access)
{
	sync_retry(fd, DMA_BUF_SYNC_END | access);
}
