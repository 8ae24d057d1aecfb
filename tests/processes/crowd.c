/* SPDX-License-Identifier: MIT */
/*
 * Many processes, many buffers, all correct, killed at random: crowd PROCESSES BUFFERS SECONDS
 *
 * Each worker is this program, executed anew with the buffers' descriptors.  A worker locks a buffer
 * (the kernel unlocks what a killed one held), and touches it in a bracket or hands it to a device
 * and takes it back.  Every quarter of a second one worker is killed and replaced.  Fails when a
 * worker makes no progress; says how much was done.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

enum { MAX_PROCESSES = 64, MAX_BUFFERS = 1024, FIRST_FD = 100, BYTES = 8192, KILL_MS = 250 };

/* In a memory file that all processes map. */
struct progress {
	volatile unsigned long touched[MAX_PROCESSES], handed[MAX_PROCESSES];
	volatile int stop;
};

struct crowd {
	int processes, buffers, seconds;
	int lock_fd, progress_fd;
	struct progress *progress;
	pid_t pid[MAX_PROCESSES];
	unsigned long seen[MAX_PROCESSES], first[MAX_PROCESSES];
	time_t since[MAX_PROCESSES];
};

static void lock(const struct crowd *c, int buffer, short type)
{
	struct flock l = {.l_type = type, .l_whence = SEEK_SET, .l_start = buffer, .l_len = 1};

	while (fcntl(c->lock_fd, F_SETLKW, &l) < 0)
		if (errno != EINTR)
			die_call(__FILE__, __LINE__, "F_SETLKW");
}

static struct progress *map_progress(int fd)
{
	void *p = mmap(NULL, sizeof(struct progress), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (p == MAP_FAILED)
		die_call(__FILE__, __LINE__, "mmap");
	return p;
}

/* ---- a worker ---- */

/* An output queue for imports; false when other workers have all the nodes there are. */
static bool open_queue(struct video *out)
{
	struct v4l2_requestbuffers r = {
		.count = BUFFERS, .type = V4L2_BUF_TYPE_VIDEO_OUTPUT, .memory = V4L2_MEMORY_DMABUF};
	char path[32];

	for (int i = 0; i < 32; i++) {
		struct v4l2_format f = {.type = r.type};

		snprintf(path, sizeof(path), "/dev/video%d", i);
		out->fd = open(path, O_RDWR | O_CLOEXEC);
		out->type = r.type;
		out->memory = r.memory;
		if (out->fd < 0)
			continue;
		f.fmt.pix.width = 64;
		f.fmt.pix.height = 32;
		f.fmt.pix.pixelformat = V4L2_PIX_FMT_GREY;
		if (!ioctl(out->fd, VIDIOC_S_FMT, &f) && !ioctl(out->fd, VIDIOC_REQBUFS, &r)) {
			out->size = f.fmt.pix.sizeimage;
			if (out->size > BYTES)
				die("the smallest frame is too large");
			return true;
		}
		close(out->fd);
	}
	return false;
}

static void work(const struct crowd *c, int self)
{
	volatile unsigned char *map[MAX_BUFFERS];
	struct video out = {.fd = -1};
	bool queue = open_queue(&out);
	unsigned int seed = (unsigned int)getpid();

	for (int i = 0; i < c->buffers; i++)
		map[i] = map_fd(FIRST_FD + i, BYTES);
	while (!c->progress->stop) {
		int i = rand_r(&seed) % c->buffers;
		struct v4l2_buffer b;

		lock(c, i, F_WRLCK);
		video_buffer(&out, &b, 0);
		b.m.fd = FIRST_FD + i;
		if (queue && seed & 1 && !ioctl(out.fd, VIDIOC_QBUF, &b)) {
			video_stop(&out);
			c->progress->handed[self]++;
		} else {
			sync_start(FIRST_FD + i, DMA_BUF_SYNC_RW);
			map[i][seed % BYTES]++;
			sync_end(FIRST_FD + i, DMA_BUF_SYNC_RW);
			c->progress->touched[self]++;
		}
		lock(c, i, F_UNLCK);
	}
}

/* ---- the parent ---- */

static void start(struct crowd *c, int i, char **argv)
{
	char number[16];

	c->first[i] = c->progress->touched[i] + c->progress->handed[i];
	c->since[i] = time(NULL);
	c->pid[i] = fork();
	CHECK(c->pid[i]);
	if (c->pid[i])
		return;
	snprintf(number, sizeof(number), "%d", i);
	setenv("CROWD_WORKER", number, 1);
	execv(argv[0], argv);
	_exit(127);
}

static unsigned long sum(const struct crowd *c, int i)
{
	return c->progress->touched[i] + c->progress->handed[i];
}

/* No worker stands still for a minute. On a busy emulator one that starts may need longer. */
static void check_progress(struct crowd *c)
{
	for (int i = 0; i < c->processes; i++) {
		int limit = sum(c, i) == c->first[i] ? 240 : 60;

		if (sum(c, i) != c->seen[i])
			c->since[i] = time(NULL);
		else if (time(NULL) - c->since[i] > limit)
			die("a worker makes no progress");
		c->seen[i] = sum(c, i);
	}
}

/* Mostly workers that have come to work: on a slow machine others would never get there. */
static bool spared(const struct crowd *c, int i, unsigned int *seed)
{
	return sum(c, i) == c->first[i] && rand_r(seed) % 16;
}

/* The clock starts when all have come to work: on an emulator that may take longer than a short run. */
static void wait_for_work(struct crowd *c)
{
	for (int i = 0; i < c->processes; i++)
		while (sum(c, i) == c->first[i]) {
			usleep(KILL_MS * 1000);
			check_progress(c);
		}
}

static int kill_some(struct crowd *c, char **argv)
{
	time_t end = time(NULL) + c->seconds;
	unsigned int seed = 1;
	int kills = 0, status;

	while (time(NULL) < end) {
		int i = rand_r(&seed) % c->processes;

		usleep(KILL_MS * 1000);
		check_progress(c);
		if (spared(c, i, &seed))
			continue;
		CHECK(kill(c->pid[i], SIGKILL));
		CHECK(waitpid(c->pid[i], &status, 0));
		if (!WIFSIGNALED(status))
			die("a worker ended by itself");
		kills++;
		start(c, i, argv);
	}
	return kills;
}

static void finish(const struct crowd *c, int kills)
{
	unsigned long touched = 0, handed = 0;
	int status;

	for (int i = 0; i < c->processes; i++) {
		CHECK(waitpid(c->pid[i], &status, 0));
		if (!WIFEXITED(status) || WEXITSTATUS(status))
			die("a worker has failed");
		touched += c->progress->touched[i];
		handed += c->progress->handed[i];
	}
	printf("%d kills, %lu brackets, %lu hand-overs\n", kills, touched, handed);
}

static void make_buffers(const struct crowd *c)
{
	for (int i = 0; i < c->buffers; i++) {
		int fd = dbuf_alloc(BYTES);

		CHECK(dup2(fd, FIRST_FD + i)); /* not closed on exec */
		close(fd);
	}
}

int main(int argc, char **argv)
{
	const char *worker = getenv("CROWD_WORKER");
	struct crowd c = {.lock_fd = 50, .progress_fd = 51};
	int kills;

	if (argc < 4)
		die("usage: crowd PROCESSES BUFFERS SECONDS");
	c.processes = atoi(argv[1]);
	c.buffers = atoi(argv[2]);
	c.seconds = atoi(argv[3]);
	if (c.processes > MAX_PROCESSES || c.buffers > MAX_BUFFERS)
		die("too many");
	alarm((unsigned int)(c.seconds * 2 + 360));
	if (worker) {
		c.progress = map_progress(c.progress_fd);
		work(&c, atoi(worker));
		return 0;
	}
	CHECK(dup2(memfd_create("lock", 0), c.lock_fd));
	CHECK(dup2(memfd_create("progress", 0), c.progress_fd));
	CHECK(ftruncate(c.lock_fd, c.buffers));
	CHECK(ftruncate(c.progress_fd, sizeof(struct progress)));
	c.progress = map_progress(c.progress_fd);
	make_buffers(&c);
	for (int i = 0; i < c.processes; i++)
		start(&c, i, argv);
	wait_for_work(&c);
	kills = kill_some(&c, argv);
	c.progress->stop = 1;
	finish(&c, kills);
	for (int i = 0; i < c.buffers; i++)
		close(FIRST_FD + i);
	return 0;
}
