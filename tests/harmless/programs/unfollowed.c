/* SPDX-License-Identifier: MIT */
/*
 * Children that are made without fork(): their calls are seen by nobody, so what they do to a buffer, here by the rules,
 * must not be judged by what their parent did.  Another thread of the parent is busy with buffers all the time.
 */
#include "case.h"

#include <linux/dma-buf.h>
#include <sched.h>

static int buffer_fd = -1, zero;
static char *page;

static char *allocate(int *fd)
{
	*fd = buffer_descriptor();
	return *fd < 0 ? MAP_FAILED : mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, *fd, 0);
}

static void bracket(int fd, unsigned end)
{
	struct dma_buf_sync sync = {.flags = DMA_BUF_SYNC_RW | end};

	if (ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync))
		say("  SYNC: %s", strerror(errno));
}

static void use(int fd, char *p)
{
	bracket(fd, 0);
	*(volatile char *)p = 1;
	if (read(zero, p + 64, 64) != 64)
		say("  read: %s", strerror(errno));
	bracket(fd, DMA_BUF_SYNC_END);
}

static _Atomic bool over;

static void *busy(void *arg)
{
	int fd = -1;
	char *p = allocate(&fd);

	while (p != MAP_FAILED && !over)
		use(fd, p);
	munmap(p, 4096);
	close(fd);
	return arg;
}

static int in_clone(void *arg)
{
	(void)arg;
	use(buffer_fd, page);
	return 3;
}

static pid_t start(int way)
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	pid_t pid;

	if (way == 0)
		return clone(in_clone, stack + sizeof(stack), SIGCHLD, NULL);
	pid = way == 1 ? _Fork() : (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (!pid)
		_exit(in_clone(NULL));
	return pid;
}

static void children(int way)
{
	pthread_t thread;
	int wrong = 0;

	page = allocate(&buffer_fd);
	zero = open("/dev/zero", O_RDONLY);
	pthread_create(&thread, NULL, busy, NULL);
	for (int i = 0; i < 40; i++) {
		int status = 0;

		use(buffer_fd, page);
		waitpid(start(way), &status, 0);
		wrong += status != 3 << 8;
	}
	over = true;
	pthread_join(thread, NULL);
	munmap(page, 4096);
	close(buffer_fd);
	say("  %d of 40 children failed", wrong);
}

static void by_clone(void)
{
	children(0);
}
static void by_fork_alone(void)
{
	children(1);
}
static void by_syscall(void)
{
	children(2);
}

const struct test_case cases[] = {
	{"clone", by_clone}, {"_Fork", by_fork_alone}, {"syscall", by_syscall}, {NULL, NULL}};
