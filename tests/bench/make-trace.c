/* SPDX-License-Identifier: MIT */
/*
 * Writes a run directory of N events as a capture program would make it (hand-overs of 8 buffers,
 * a forbidden access in every thousandth), and prints the nanoseconds per event of the writer.
 * make-trace DIRECTORY EVENTS
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/trace.h"

#define BUFFERS 8

static int extend(void *ctx, uint64_t old_size, uint64_t size)
{
	return -posix_fallocate(*(int *)ctx, (off_t)old_size, (off_t)(size - old_size));
}

static int map(void *ctx, uint64_t offset, size_t length, void **ret)
{
	*ret = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, *(int *)ctx, (off_t)offset);
	return *ret == MAP_FAILED ? -1 : 0;
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint32_t text(struct ds_trace_writer *w, const char *s)
{
	struct ds_event head = {.type = DS_EV_STRING, .a = strlen(s)};

	return ds_trace_put_payload(w, &head, s, strlen(s));
}

static uint32_t stack(struct ds_trace_writer *w, uint64_t base)
{
	uint64_t frame[16];
	struct ds_event head = {.type = DS_EV_STACK, .a = 16};

	for (unsigned i = 0; i < 16; i++)
		frame[i] = base + i * 64;
	return ds_trace_put_payload(w, &head, frame, sizeof(frame));
}

static void introduce(struct ds_trace_writer *w)
{
	struct ds_event dev = {
		.type = DS_EV_DEVICE, .actor = 1, .a = text(w, "/dev/video0"), .c = 1};

	ds_trace_put(w, &dev);
	for (uint32_t i = 1; i <= BUFFERS; i++) {
		struct ds_event b = {.type = DS_EV_BUFFER,
				     .flags = DS_KIND_V4L2 << DS_EVF_KIND_SHIFT,
				     .buffer = i,
				     .actor = 1,
				     .b = 3110400,
				     .c = DS_V4L2_IDENTITY(1, i - 1, 0, 0)};
		struct ds_event m = {.type = DS_EV_MAP,
				     .flags = 1 << DS_EVF_ORIGIN_SHIFT,
				     .buffer = i,
				     .a = 0x10000000u * i,
				     .b = 3112960,
				     .d = i};

		ds_trace_put(w, &b);
		ds_trace_put(w, &m);
	}
}

static void stream(struct ds_trace_writer *w, uint64_t events)
{
	uint32_t qbuf = text(w, "VIDIOC_QBUF"), dqbuf = text(w, "VIDIOC_DQBUF");
	uint32_t at_qbuf = stack(w, 0x400000), at_dqbuf = stack(w, 0x410000),
		 at = stack(w, 0x420000);

	for (uint64_t n = 0; n < events; n++) {
		uint32_t b = (uint32_t)(n / 2 % BUFFERS) + 1;
		struct ds_event ev = {.type = n & 1 ? DS_EV_RELEASE : DS_EV_CLAIM,
				      .tid = 1,
				      .time_ns = 1000000000u + n * 8000,
				      .stack = n & 1 ? at_dqbuf : at_qbuf,
				      .buffer = b,
				      .actor = 1,
				      .a = b - 1,
				      .b = n & 1 ? 1 : 2,
				      .d = n & 1 ? dqbuf : qbuf};

		if (n % 1000 == 999) {
			ev.type = DS_EV_ACCESS;
			ev.flags = DS_EVF_READ;
			ev.stack = at;
			ev.c = b;
			ev.d = 0;
		}
		ds_trace_put(w, &ev);
	}
}

int main(int argc, char **argv)
{
	struct ds_trace_header proto = {.pid = 1, .start_ns = 1000000000u, .features = 9};
	struct ds_trace_writer w;
	char path[4096];
	uint64_t events, start;
	int fd;

	if (argc != 3)
		return 2;
	events = strtoull(argv[2], NULL, 10);
	mkdir(argv[1], 0700);
	snprintf(path, sizeof(path), "%s/1.trace", argv[1]);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	strcpy(proto.comm, "bench");
	if (fd < 0 ||
	    ds_trace_start(&w, &(struct ds_trace_io){.ctx = &fd, .extend = extend, .map = map},
			   &proto))
		return 1;
	introduce(&w);
	start = now();
	stream(&w, events);
	printf("%.2f\n", (double)(now() - start) / (double)events);
	return 0;
}
