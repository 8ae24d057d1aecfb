/* SPDX-License-Identifier: MIT */
/*
 * What a hand-over costs when other processes know the buffer: handover alone|known|mapped
 *
 * alone: nobody else has the buffer.  known: another process has its descriptor.  mapped: another
 * process maps it.  Prints "pair NANOSECONDS", the fastest of several rounds of a bracket's two edges.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

#define PAIRS  2000
#define ROUNDS 15

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static double fastest(int fd)
{
	uint64_t best = UINT64_MAX;

	for (int r = 0; r < ROUNDS; r++) {
		uint64_t start = now();

		for (int i = 0; i < PAIRS; i++) {
			sync_start(fd, DMA_BUF_SYNC_RW);
			sync_end(fd, DMA_BUF_SYNC_RW);
		}
		start = now() - start;
		best = start < best ? start : best;
	}
	return (double)best / PAIRS;
}

/* The other process: has the buffer as descriptor 3, says so, and waits for the end. */
static void peer(bool mapped)
{
	char byte = 0;

	sync_start(3, DMA_BUF_SYNC_RW);
	sync_end(3, DMA_BUF_SYNC_RW);
	if (mapped)
		map_fd(3, SMALL);
	CHECK(write(1, &byte, 1));
	CHECK(read(0, &byte, 1));
}

static void start_peer(char **argv, int fd, int to[2], int from[2])
{
	pid_t pid;

	CHECK(pipe2(to, O_CLOEXEC));
	CHECK(pipe2(from, O_CLOEXEC));
	pid = fork();
	CHECK(pid);
	if (pid)
		return;
	CHECK(dup2(to[0], 0));
	CHECK(dup2(from[1], 1));
	if (fd != 3)
		CHECK(dup2(fd, 3));
	CHECK(fcntl(3, F_SETFD, 0));
	setenv("HANDOVER_PEER", "1", 1);
	execv("/proc/self/exe", argv);
	_exit(127);
}

int main(int argc, char **argv)
{
	int to[2] = {-1, -1}, from[2] = {-1, -1}, fd, status;
	char byte;

	if (argc != 2)
		die("usage: handover alone|known|mapped");
	if (getenv("HANDOVER_PEER")) {
		peer(!strcmp(argv[1], "mapped"));
		return 0;
	}
	fd = dbuf_alloc(SMALL);
	map_fd(fd, SMALL);
	if (strcmp(argv[1], "alone")) {
		start_peer(argv, fd, to, from);
		close(from[1]);
		CHECK(read(from[0], &byte, 1));
	}
	printf("pair %.1f\n", fastest(fd));
	if (strcmp(argv[1], "alone")) {
		close(to[0]);
		close(to[1]);
		CHECK(wait(&status));
	}
	return 0;
}
