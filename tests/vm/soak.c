/* SPDX-License-Identifier: MIT */
/*
 * Threads that stream through contexts of their own on a memory-to-memory device, right or wrong, and
 * count what they do: soak DEVICE SECONDS THREADS BUFFERS wrong|right [SAMPLE-SECONDS]
 *
 * wrong: each buffer is touched by the CPU right after it was queued.  stdout: a line of memory per
 * sample, and at the end what a trace must contain.
 */
#include <fcntl.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MAX_BUFFERS    32
#define MAX_THREADS    128
#define TRANSACTION_MS (V4L2_CID_USER_BASE + 0x1000) /* vim2m: how long the device works */

static const char *device;
static unsigned buffers;
static bool wrong;
static _Atomic bool over;
static _Atomic uint64_t queued, dequeued, touched;

struct queue {
	unsigned type;
	uint8_t *map[MAX_BUFFERS];
	size_t length[MAX_BUFFERS];
};

static void must(int ok, const char *what)
{
	if (ok)
		return;
	perror(what);
	exit(1);
}

static struct v4l2_buffer buffer(const struct queue *q, unsigned index)
{
	return (struct v4l2_buffer){
		.index = index, .type = q->type, .memory = V4L2_MEMORY_MMAP, .bytesused = 1};
}

static void start(int fd, struct queue *q)
{
	struct v4l2_format f = {.type = q->type};
	struct v4l2_requestbuffers req = {
		.count = buffers, .type = q->type, .memory = V4L2_MEMORY_MMAP};

	must(!ioctl(fd, VIDIOC_G_FMT, &f), "G_FMT");
	f.fmt.pix.width = f.fmt.pix.height = 64;
	f.fmt.pix.bytesperline = f.fmt.pix.sizeimage = 0;
	must(!ioctl(fd, VIDIOC_S_FMT, &f), "S_FMT");
	must(!ioctl(fd, VIDIOC_REQBUFS, &req) && req.count == buffers, "REQBUFS");
	for (unsigned i = 0; i < buffers; i++) {
		struct v4l2_buffer b = buffer(q, i);

		must(!ioctl(fd, VIDIOC_QUERYBUF, &b), "QUERYBUF");
		q->length[i] = b.length;
		q->map[i] =
			mmap(NULL, b.length, PROT_READ | PROT_WRITE, MAP_SHARED, fd, b.m.offset);
		must(q->map[i] != MAP_FAILED, "mmap");
	}
	must(!ioctl(fd, VIDIOC_STREAMON, &q->type), "STREAMON");
}

static void stop(int fd, struct queue *q)
{
	struct v4l2_requestbuffers req = {.type = q->type, .memory = V4L2_MEMORY_MMAP};

	must(!ioctl(fd, VIDIOC_STREAMOFF, &q->type), "STREAMOFF");
	for (unsigned i = 0; i < buffers; i++)
		must(!munmap(q->map[i], q->length[i]), "munmap");
	must(!ioctl(fd, VIDIOC_REQBUFS, &req), "REQBUFS 0");
}

static void give(int fd, struct queue *q, unsigned i)
{
	struct v4l2_buffer b = buffer(q, i);

	if (q->type == V4L2_BUF_TYPE_VIDEO_OUTPUT) {
		q->map[i][0] = (uint8_t)i; /* ours still */
		b.bytesused = (uint32_t)q->length[i];
	}
	must(!ioctl(fd, VIDIOC_QBUF, &b), "QBUF");
	queued++;
	if (!wrong)
		return;
	if (q->type == V4L2_BUF_TYPE_VIDEO_OUTPUT)
		q->map[i][1] = 1;
	else
		(void)*(volatile uint8_t *)&q->map[i][1];
	touched++;
}

static void take(int fd, struct queue *q)
{
	struct v4l2_buffer b = buffer(q, 0);

	must(!ioctl(fd, VIDIOC_DQBUF, &b), "DQBUF");
	dequeued++;
	(void)*(volatile uint8_t *)&q->map[b.index][0];
}

static void *stream(void *arg)
{
	struct queue q[2] = {{.type = V4L2_BUF_TYPE_VIDEO_OUTPUT},
			     {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE}};
	struct v4l2_control fast = {.id = TRANSACTION_MS, .value = 1};
	int fd = open(device, O_RDWR);

	must(fd >= 0, device);
	must(!ioctl(fd, VIDIOC_S_CTRL, &fast), "S_CTRL");
	start(fd, &q[0]);
	start(fd, &q[1]);
	/* at least twice, however slow the machine: a buffer that came back is given away again */
	for (unsigned round = 0; round < 2 || !over; round++) {
		for (unsigned i = 0; i < buffers; i++) {
			give(fd, &q[0], i);
			give(fd, &q[1], i);
		}
		for (unsigned i = 0; i < buffers; i++) {
			take(fd, &q[0]);
			take(fd, &q[1]);
		}
	}
	stop(fd, &q[0]);
	stop(fd, &q[1]);
	must(!close(fd), "close");
	return arg;
}

/* Without stdio: its buffers would be counted. */
static void sample(double at)
{
	static char text[8192];
	const char *const name[] = {"VmRSS:", "RssAnon:", "RssFile:", "RssShmem:"};
	char line[256];
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC), n, used;
	ssize_t got = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[got > 0 ? got : 0] = 0;
	used = snprintf(line, sizeof(line), "sample %.0f", at);
	for (int i = 0; i < 4; i++) {
		const char *p = strstr(text, name[i]);

		n = snprintf(line + used, sizeof(line) - (size_t)used, " %s%ld", name[i],
			     p ? strtol(p + strlen(name[i]), NULL, 10) : -1);
		used += n;
	}
	snprintf(line + used, sizeof(line) - (size_t)used, " touched:%llu\n",
		 (unsigned long long)touched);
	must(write(1, line, strlen(line)) > 0, "write");
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	static pthread_t thread[MAX_THREADS];
	double seconds, every, began = now(), next;
	unsigned threads;

	if (argc < 6)
		return 2;
	device = argv[1];
	seconds = atof(argv[2]);
	threads = (unsigned)atoi(argv[3]);
	buffers = (unsigned)atoi(argv[4]);
	wrong = !strcmp(argv[5], "wrong");
	every = argc > 6 ? atof(argv[6]) : seconds;
	if (threads > MAX_THREADS || buffers > MAX_BUFFERS)
		return 2;
	for (unsigned i = 0; i < threads; i++)
		must(!pthread_create(&thread[i], NULL, stream, NULL), "pthread_create");
	for (next = began + every; now() < began + seconds; next += every) {
		while (now() < next && now() < began + seconds)
			usleep(50000);
		sample(now() - began);
	}
	over = true;
	for (unsigned i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	printf("queued %llu dequeued %llu touched %llu\n", (unsigned long long)queued,
	       (unsigned long long)dequeued, (unsigned long long)touched);
	return 0;
}
