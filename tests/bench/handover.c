/* SPDX-License-Identifier: MIT */
/*
 * Nanoseconds per hand-over through a node that answers at once (device.c): run bare and under the
 * library, the difference is the recorder's price.  Prints "name nanoseconds" lines.
 *
 * handover NODE FIGURE [N]	NODE: a character device 81:n, opened with O_PATH
 *   references			clock_gettime, and with a stack of 16 frames unw_backtrace
 *   pair			QBUF + DQBUF, half of it; and how many of both there were
 *   guard SIZE			the same with a mapping of SIZE bytes, and bare mprotect pairs
 *   violation			the same with one forbidden write, and a bare fault
 *   threads N			pair in each of N threads, own node each
 *   buffers N			pair, N buffers in turn
 *   mappings N			pair, a buffer that is mapped N times
 *   rate N			pair, N hand-overs a second: the median, with what has left the caches meanwhile
 */
#define UNW_LOCAL_ONLY
#include <fcntl.h>
#include <libunwind.h>
#include <linux/videodev2.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/device.h"

/*
 * Many short rounds: on a busy machine some of them run from end to end without being interrupted.
 * Each has as many events as lie in two of the pieces in which the trace is made ready.
 */
#define ROUNDS	 301
#define SHORT	 1024 /* pairs in a round */
#define SIDE	 15   /* rounds where threads run side by side: long ones */
#define DEPTH	 16
#define PER_NODE 1024

static const char *node_path;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void fail(const char *what)
{
	perror(what);
	exit(1);
}

static int node(int n)
{
	int fd = open(node_path, O_PATH), high;

	if (fd < 0)
		fail(node_path);
	high = dup3(fd, BENCH_FIRST_FD + n, O_CLOEXEC);
	if (high < 0)
		fail("dup3");
	close(fd);
	return high;
}

static struct v4l2_buffer buffer(unsigned index)
{
	return (struct v4l2_buffer){
		.index = index, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
}

static void request(int fd, unsigned count)
{
	struct v4l2_requestbuffers req = {
		.count = count, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};

	ioctl(fd, VIDIOC_REQBUFS, &req);
	for (unsigned i = 0; i < count; i++) {
		struct v4l2_buffer b = buffer(i);

		ioctl(fd, VIDIOC_QUERYBUF, &b);
	}
}

static uint8_t *map(int fd, unsigned index, size_t size)
{
	uint8_t *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
			  (off_t)index << BENCH_OFFSET_SHIFT);

	if (p == MAP_FAILED)
		fail("mmap");
	memset(p, 1, size);
	return p;
}

struct work {
	int fd;
	unsigned buffers, calls;
	volatile uint8_t *touch; /* written while queued, NULL = not */
};

static void pairs(const struct work *w)
{
	struct v4l2_buffer b = buffer(0);

	for (unsigned i = 0; i < w->calls; i++) {
		int fd = w->fd + (int)(b.index / PER_NODE), index = (int)b.index;

		b.index = (unsigned)index % PER_NODE;
		ioctl(fd, VIDIOC_QBUF, &b);
		if (w->touch)
			*w->touch = 1;
		ioctl(fd, VIDIOC_DQBUF, &b);
		b.index = (unsigned)index + 1 < w->buffers ? (unsigned)index + 1 : 0;
	}
}

/* Everything is measured below DEPTH frames, as a program would call. */
__attribute__((noinline)) static void deep(int depth, void (*fn)(void *arg), void *arg)
{
	if (depth > 0)
		deep(depth - 1, fn, arg);
	else
		fn(arg);
	__asm__ volatile("");
}

struct figure {
	void (*step)(const void *arg);
	const void *arg;
	double per, best;
	int rounds;
};

static void rounds(void *arg)
{
	struct figure *f = arg;

	f->best = 1e18;
	for (int r = 0; r < f->rounds; r++) {
		uint64_t start = now();
		double ns;

		f->step(f->arg);
		ns = (double)(now() - start) / f->per;
		f->best = ns < f->best ? ns : f->best;
	}
}

static double measure_in(int many, void (*step)(const void *arg), const void *arg, double per)
{
	struct figure f = {.step = step, .arg = arg, .per = per, .rounds = many};

	deep(DEPTH - 5, rounds, &f);
	return f.best;
}

static double measure(void (*step)(const void *arg), const void *arg, double per)
{
	return measure_in(ROUNDS, step, arg, per);
}

static void step_pairs(const void *arg)
{
	pairs(arg);
}

static void step_clock(const void *arg)
{
	(void)arg;
	for (int i = 0; i < SHORT; i++)
		(void)now();
}

static void step_backtrace(const void *arg)
{
	void *frame[64];

	(void)arg;
	for (int i = 0; i < SHORT; i++) {
		(void)now();
		if (unw_backtrace(frame, DEPTH) != DEPTH)
			fail("unw_backtrace");
	}
}

static void references(void)
{
	printf("clock_gettime %.2f\n", measure(step_clock, NULL, SHORT));
	printf("clock_gettime+backtrace %.2f\n", measure(step_backtrace, NULL, SHORT));
}

static double pair_of(const struct work *w)
{
	return measure(step_pairs, w, 2.0 * w->calls);
}

struct area {
	uint8_t *at;
	size_t size;
	unsigned calls;
};

static void step_mprotect(const void *arg)
{
	const struct area *a = arg;

	for (unsigned i = 0; i < a->calls; i++) {
		mprotect(a->at, a->size, PROT_NONE);
		mprotect(a->at, a->size, PROT_READ | PROT_WRITE);
	}
}

static void guard(int fd, size_t size)
{
	struct work w = {.fd = fd, .buffers = 1, .calls = 20};
	struct area a = {.size = size, .calls = 20};

	request(fd, 1);
	a.at = map(fd, 0, size);
	printf("pair %.2f\n", pair_of(&w) * 2);
	printf("mprotect %.2f\n", measure(step_mprotect, &a, a.calls));
}

static struct area bare;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	mprotect((void *)((uintptr_t)info->si_addr & ~4095ul), 4096, PROT_READ | PROT_WRITE);
}

static void step_fault(const void *arg)
{
	const struct area *a = arg;

	for (unsigned i = 0; i < a->calls; i++) {
		mprotect(a->at, a->size, PROT_NONE);
		*(volatile uint8_t *)a->at = 1;
		mprotect(a->at, a->size, PROT_READ | PROT_WRITE);
	}
}

static void violation(int fd)
{
	struct sigaction act = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
	struct work quiet = {.fd = fd, .buffers = 1, .calls = 100}, loud = quiet;

	request(fd, 1);
	loud.touch = map(fd, 0, 65536);
	printf("quiet %.2f\n", pair_of(&quiet) * 2);
	printf("loud %.2f\n", pair_of(&loud) * 2);
	bare = (struct area){
		.at = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0),
		.size = 65536,
		.calls = 100};
	memset(bare.at, 1, bare.size);
	printf("bare-quiet %.2f\n", measure(step_mprotect, &bare, bare.calls));
	sigaction(SIGSEGV, &act, NULL);
	printf("bare-loud %.2f\n", measure(step_fault, &bare, bare.calls));
}

static void *thread(void *arg)
{
	double *ns = arg;
	struct work w = {.fd = BENCH_FIRST_FD + (int)*ns, .buffers = 1, .calls = 20000};

	*ns = measure_in(SIDE, step_pairs, &w, 2.0 * w.calls);
	return NULL;
}

static void threads(unsigned n)
{
	pthread_t id[BENCH_NODES];
	double ns[BENCH_NODES], sum = 0;

	for (unsigned i = 0; i < n; i++) {
		ns[i] = i;
		request(node((int)i), 1);
	}
	for (unsigned i = 0; i < n; i++)
		if (pthread_create(&id[i], NULL, thread, &ns[i]))
			fail("pthread_create");
	for (unsigned i = 0; i < n; i++) {
		pthread_join(id[i], NULL);
		sum += ns[i];
	}
	printf("pair %.2f\n", sum / n);
}

static void buffers(unsigned n)
{
	struct work w = {.fd = BENCH_FIRST_FD, .buffers = n, .calls = n > SHORT ? n : SHORT};

	for (unsigned i = 0; i * PER_NODE < n; i++)
		request(node((int)i), n < PER_NODE ? n : PER_NODE);
	printf("pair %.2f\n", pair_of(&w));
}

static void mappings(int fd, unsigned n)
{
	struct work w = {.fd = fd, .buffers = 1, .calls = 100};

	request(fd, 1);
	for (unsigned i = 0; i < n; i++)
		map(fd, 0, 4096);
	printf("pair %.2f\n", pair_of(&w));
}

#define SAMPLES 1000 /* at most */

struct paced {
	struct work work;
	unsigned rate; /* hand-overs a second: two a pair */
	unsigned samples;
	double ns[SAMPLES];
};

static void wait_until(uint64_t when)
{
	struct timespec t = {.tv_sec = (time_t)(when / 1000000000u),
			     .tv_nsec = (long)(when % 1000000000u)};

	if (when > now() + 1000000) /* a sleep may end a tenth of a millisecond late */
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
	while (now() < when)
		;
}

static void pace(void *arg)
{
	struct paced *p = arg;
	uint64_t next = now();

	for (unsigned i = 0; i < p->samples; i++) {
		uint64_t start;

		next += 2000000000u / p->rate;
		wait_until(next);
		start = now();
		pairs(&p->work);
		p->ns[i] = (double)(now() - start) / 2;
	}
}

static int by_size(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Some seconds at the slow rates, and always enough for a median. */
static void rate(int fd, unsigned n)
{
	static struct paced p = {.work = {.buffers = 1, .calls = 1}};

	p.work.fd = fd;
	p.rate = n ? n : 1;
	p.samples = p.rate < 5 ? 3 : p.rate < SAMPLES ? p.rate : SAMPLES;
	request(fd, 1);
	deep(DEPTH - 5, pace, &p);
	qsort(p.ns, p.samples, sizeof(p.ns[0]), by_size);
	printf("pair %.2f\n", p.ns[p.samples / 2]);
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[2] : "";
	unsigned n = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 1;
	struct work one = {.buffers = 1, .calls = SHORT};

	node_path = argv[1];
	if (!strcmp(what, "references")) {
		references();
	} else if (!strcmp(what, "pair")) {
		one.fd = node(0);
		request(one.fd, 1);
		printf("pair %.2f\n", pair_of(&one));
		printf("calls %d\n", 2 * ROUNDS * SHORT);
	} else if (!strcmp(what, "guard")) {
		guard(node(0), n);
	} else if (!strcmp(what, "violation")) {
		violation(node(0));
	} else if (!strcmp(what, "threads") && n <= BENCH_NODES) {
		threads(n);
	} else if (!strcmp(what, "buffers") && n <= PER_NODE * BENCH_NODES) {
		buffers(n);
	} else if (!strcmp(what, "mappings")) {
		mappings(node(0), n);
	} else if (!strcmp(what, "rate")) {
		rate(node(0), n);
	} else {
		fprintf(stderr,
			"usage: handover NODE references|pair|guard SIZE|violation|threads N|"
			"buffers N|mappings N|rate N\n");
		return 2;
	}
	return 0;
}
