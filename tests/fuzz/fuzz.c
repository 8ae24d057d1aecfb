/* SPDX-License-Identifier: MIT */
/* Files for the targets whose reader wants a path. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static void refill(int fd, const uint8_t *data, size_t size)
{
	if (ftruncate(fd, 0) || pwrite(fd, data, size, 0) != (ssize_t)size)
		abort();
}

const char *fuzz_file(const uint8_t *data, size_t size)
{
	static char path[64];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("fuzz", MFD_CLOEXEC);
		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	refill(fd, data, size);
	return path;
}

static char directory[256];
static char inside[512];

static void tidy(void)
{
	unlink(inside);
	rmdir(directory);
}

const char *fuzz_directory(const char *name, const uint8_t *data, size_t size)
{
	static int fd = -1;
	const char *base = getenv("FUZZ_TMP");

	if (fd < 0) {
		snprintf(directory, sizeof(directory), "%s/fuzz-XXXXXX", base ? base : "/dev/shm");
		if (!mkdtemp(directory))
			abort();
		snprintf(inside, sizeof(inside), "%s/%s", directory, name);
		fd = open(inside, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0)
			abort();
		atexit(tidy);
	}
	refill(fd, data, size);
	return directory;
}
