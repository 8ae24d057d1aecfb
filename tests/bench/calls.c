/* SPDX-License-Identifier: MIT */
/*
 * Nanoseconds per call of what the library overrides, where no buffer is concerned: run bare and
 * under the library, the difference is its price.  Prints one "name nanoseconds" per line.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define ROUNDS 11
#define CALLS  200000

static int null_fd, zero_fd;
static char byte[64];

static void call_ioctl(void)
{
	int n;

	(void)!ioctl(null_fd, FIONREAD, &n);
}

static void call_read(void)
{
	(void)!read(zero_fd, byte, 1);
}

static void call_write(void)
{
	(void)!write(null_fd, byte, 1);
}

static void call_close(void)
{
	(void)!close(-1);
}

static void call_mmap(void)
{
	void *p = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)!munmap(p, 4096);
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The fastest of several rounds: what the call costs when nothing else runs. */
static void measure(const char *name, void (*call)(void))
{
	double best = 1e18;

	for (int r = 0; r < ROUNDS; r++) {
		uint64_t start = now();
		double ns;

		for (int i = 0; i < CALLS; i++)
			call();
		ns = (double)(now() - start) / CALLS;
		best = ns < best ? ns : best;
	}
	printf("%s %.2f\n", name, best);
}

int main(void)
{
	null_fd = open("/dev/null", O_RDWR);
	zero_fd = open("/dev/zero", O_RDONLY);
	measure("ioctl", call_ioctl);
	measure("read", call_read);
	measure("write", call_write);
	measure("close", call_close);
	measure("mmap+munmap", call_mmap);
	return 0;
}
