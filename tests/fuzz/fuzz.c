/* SPDX-License-Identifier: MIT */
/* Files for the targets whose reader wants a path, and the reports of a run. */
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "report/report.h"

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
static struct {
	char path[512];
	int fd;
} inside[4];
static unsigned files;

static void tidy(void)
{
	while (files)
		unlink(inside[--files].path);
	rmdir(directory);
}

static void make_directory(void)
{
	const char *base = getenv("FUZZ_TMP");

	snprintf(directory, sizeof(directory), "%s/fuzz-XXXXXX", base ? base : "/dev/shm");
	if (!mkdtemp(directory))
		abort();
	atexit(tidy);
}

const char *fuzz_directory(const char *name, const uint8_t *data, size_t size)
{
	char path[512];
	unsigned i = 0;

	if (!*directory)
		make_directory();
	snprintf(path, sizeof(path), "%s/%s", directory, name);
	while (i < files && strcmp(inside[i].path, path))
		i++;
	if (i == files) {
		if (files == sizeof(inside) / sizeof(inside[0]))
			abort();
		memcpy(inside[i].path, path, sizeof(path));
		inside[i].fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (inside[i].fd < 0)
			abort();
		files++;
	}
	refill(inside[i].fd, data, size);
	return directory;
}

void fuzz_reports(const struct ds_run *run, unsigned which)
{
	const struct ds_report_options opt = {.max = 20};
	unsigned n = 0;
	char *text;
	size_t size;
	FILE *out;

	while (ds_report_list()[n])
		n++;
	out = n ? open_memstream(&text, &size) : NULL;
	if (!out || !n)
		return;
	ds_report_list()[which % n]->write(out, run, &opt);
	ds_report_verdict(out, run);
	fclose(out);
	free(text);
}
