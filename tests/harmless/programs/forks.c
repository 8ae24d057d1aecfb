/* SPDX-License-Identifier: MIT */
/* Forks at bad moments of other threads, and of other libraries. */
#include "case.h"

#include <linux/dma-buf.h>

static _Atomic bool storm_over;

static void *keeps_touching(void *arg)
{
	while (!storm_over)
		touch();
	return arg;
}

/* Each round traps anew, so that there is nearly always a thread that unwinds. */
static void *keeps_trapping(void *arg)
{
	while (!storm_over) {
		char *p = new_buffer();

		if (p == MAP_FAILED)
			continue;
		for (int i = 0; i < 4; i++)
			*(volatile char *)(p + i * 8192) = 1;
		munmap(p, BUFFER_PAGES * 4096);
	}
	return arg;
}

static void traps_once(void)
{
	char *p = new_buffer();

	if (p == MAP_FAILED)
		return;
	*(volatile char *)p = 1;
	munmap(p, BUFFER_PAGES * 4096);
}

static long pages_in_use(void)
{
	char text[64] = "";
	int fd = open("/proc/self/statm", O_RDONLY);

	if (fd < 0 || read(fd, text, sizeof(text) - 1) < 0)
		return 0;
	close(fd);
	return atol(text);
}

static void maps_and_unmaps(void)
{
	long before = 0;

	for (int i = 0; i < 150; i++) {
		char *p = new_buffer();

		if (i == 20)
			before = pages_in_use();
		if (p != MAP_FAILED)
			munmap(p, BUFFER_PAGES * 4096);
	}
	say("  memory %s", pages_in_use() - before < 160 ? "stays" : "grows");
}

static void storm(void *(*thread)(void *arg), int children, void (*child)(void))
{
	pthread_t t[2];

	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, thread, NULL);
	for (int i = 0; i < children; i++)
		in_child("child", child);
	storm_over = true;
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
}

/* A thread is somewhere in a trap when another one forks: nothing is left open in the child. */
static void fork_storm(void)
{
	storm(keeps_touching, 3, maps_and_unmaps);
}

/* A thread has a lock of the unwinder's when another one forks: the child can unwind all the same. */
static void fork_unwinding(void)
{
	storm(keeps_trapping, 100, traps_once);
}

/* The stack of each call is taken, with signals open. */
static void *keeps_calling(void *arg)
{
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW};
	int fd = buffer_descriptor();

	while (!storm_over) {
		ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync);
		sync.flags ^= DMA_BUF_SYNC_END;
	}
	close(fd);
	return arg;
}

static void dawdle(int sig)
{
	const struct timespec long_enough = {.tv_nsec = 150000000};

	(void)sig;
	nanosleep(&long_enough, NULL);
}

static void *keeps_interrupting(void *arg)
{
	while (!storm_over) {
		usleep(200000);
		pthread_kill(*(pthread_t *)arg, SIGUSR1);
	}
	return arg;
}

/* Some fork meets a thread that is kept inside its unwinding for longer than any fork waits. */
static void fork_dawdling(void)
{
	pthread_t calling, interrupting;

	signal(SIGUSR1, dawdle);
	pthread_create(&calling, NULL, keeps_calling, NULL);
	pthread_create(&interrupting, NULL, keeps_interrupting, &calling);
	for (int i = 0; i < 50; i++)
		in_child("child", traps_once);
	storm_over = true;
	pthread_join(interrupting, NULL);
	pthread_join(calling, NULL);
}

/* Registered before any library's: it runs when all of them are prepared for the fork. */
static volatile bool fork_inside;

static void prepare(void)
{
	pid_t pid;

	if (!fork_inside)
		return;
	fork_inside = false;
	pid = fork();
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void early(void)
{
	pthread_atfork(prepare, NULL, NULL);
}
__attribute__((section(".preinit_array"), used)) static void (*const first)(void) = early;

static void *one_read(void *arg)
{
	int fd = open("/dev/zero", O_RDONLY);

	say("  read: %zd", read(fd, touch_page(), 64));
	close(fd);
	return arg;
}

static void fork_in_fork(void)
{
	pthread_t thread;

	touch();
	fork_inside = true;
	in_child("a fork while another is prepared", touch);
	pthread_create(&thread, NULL, one_read, NULL);
	pthread_join(thread, NULL);
}

const struct test_case cases[] = {
	{"fork-storm", fork_storm},
	{"fork-unwinding", fork_unwinding},
	{"fork-dawdling", fork_dawdling},
	{"fork-in-fork", fork_in_fork},
	{NULL, NULL},
};
