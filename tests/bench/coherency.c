/* SPDX-License-Identifier: MIT */
/* coherency SIZE TIMES: microseconds of one captured frame per policy, and of a memcpy; "name us" lines. */
#include "core/coherency.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Of this thread: whoever else uses the machine does not count. */
static double now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static size_t bytes_of(const char *name)
{
	if (!strcmp(name, "720p"))
		return (size_t)1280 * 720 * 3 / 2;
	return !strcmp(name, "1080p") ? (size_t)1920 * 1080 * 3 / 2 : (size_t)3840 * 2160 * 3 / 2;
}

static uint8_t *pages(size_t n)
{
	uint8_t *p = malloc(n);

	if (!p)
		exit(1);
	memset(p, 1, n);
	return p;
}

/* QBUF and DQBUF of an MMAP buffer into which the device has written another frame. */
static void frame(struct ds_images *im, enum ds_policy policy, uint64_t n)
{
	double start, queued, back;

	start = now_us();
	ds_cache_step(im, policy, DS_CACHE_QUEUE_CAPTURE, 2 * n);
	queued = now_us() - start;
	memset(im->real, (int)n, im->size);
	start = now_us();
	ds_cache_step(im, policy, DS_CACHE_DEQUEUE_CAPTURE, 2 * n + 1);
	back = now_us() - start;
	printf("%s %.1f\n", ds_policy_name(policy), queued + back);
}

int main(int argc, char **argv)
{
	size_t size = bytes_of(argc > 1 ? argv[1] : "");
	int times = argc > 2 ? atoi(argv[2]) : 1;
	struct ds_images im = {.real = pages(size),
			       .shadow = pages(size),
			       .pristine = pages(size),
			       .mark = pages(DS_LINES(size)),
			       .size = size,
			       .seed = 1};

	for (int i = 1; i <= times; i++) {
		double start;

		for (int p = DS_POLICY_STALE; p < DS_POLICIES; p++)
			frame(&im, (enum ds_policy)p, (uint64_t)i);
		memset(im.real, i, size);
		start = now_us();
		memcpy(im.shadow, im.real, size);
		printf("memcpy %.1f\n", now_us() - start);
		memcpy(im.pristine, im.shadow, size);
	}
	free(im.real);
	free(im.shadow);
	free(im.pristine);
	free(im.mark);
	return 0;
}
