/* SPDX-License-Identifier: MIT */
/* What a driver does to the buffers, by way of the test module. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kinds.h"

/* Let the test module access a buffer as a driver's CPU code would. */
static void drive(const char *what, int fd)
{
	FILE *f = fopen("/sys/kernel/debug/dmasan_test/run", "w");

	if (!f || fprintf(f, "%s %d", what, fd) < 0 || fclose(f)) {
		perror("dmasan_test");
		exit(1);
	}
}

/*
 * All buffers but the one in hand are the driver's: of a few accesses at least one meets it.  The
 * twin's come while the buffer is in hand.
 */
static void access_queued(bool twin)
{
	struct video v;
	int fd;

	video_open_cap(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP, 0);
	fd = video_export(&v, 0);
	video_queue_all(&v, NULL);
	video_start(&v);
	for (unsigned int i = 0; i < 10; i++) {
		unsigned int k = video_dequeue(&v);

		if (twin && k == 0)
			drive("krn04-queue", fd);
		video_queue(&v, k, -1);
		if (!twin)
			drive("krn04-queue", fd);
	}
	CHECK(close(fd));
	video_close(&v);
}

void do_krn04_queue(void)
{
	access_queued(false);
}

void do_krn04_queue_twin(void)
{
	access_queued(true);
}

/* A buffer of the program's that a driver maps and unmaps for every frame; the twin's keeps it mapped. */
static void frames(const char *what)
{
	int fd = dbuf_alloc(SMALL);

	drive(what, fd);
	CHECK(close(fd));
}

void do_adv04(void)
{
	frames("adv04");
}

void do_adv04_twin(void)
{
	frames("adv04-twin");
}
