/* SPDX-License-Identifier: MIT */
/* What the programs of this folder share. */
#include "case.h"

#include <linux/udmabuf.h>
#include <stdarg.h>

void say(const char *format, ...)
{
	char line[512];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line) - 1, format, args);
	va_end(args);
	line[n++] = '\n';
	if (write(1, line, (size_t)n) != n)
		_exit(99);
}

/* A kernel without the heap may have udmabuf. */
static int from_udmabuf(void)
{
	struct udmabuf_create want = {.size = BUFFER_PAGES * 4096};
	int dev = open("/dev/udmabuf", O_RDWR | O_CLOEXEC), memfd, fd;

	if (dev < 0)
		return -1;
	memfd = memfd_create("buffer", MFD_ALLOW_SEALING);
	if (ftruncate(memfd, BUFFER_PAGES * 4096) || fcntl(memfd, F_ADD_SEALS, F_SEAL_SHRINK))
		_exit(94);
	want.memfd = (unsigned)memfd;
	fd = ioctl(dev, UDMABUF_CREATE, &want);
	close(memfd);
	close(dev);
	return fd;
}

int buffer_descriptor(void)
{
	struct dma_heap_allocation_data want = {.len = BUFFER_PAGES * 4096,
						.fd_flags = O_RDWR | O_CLOEXEC};
	int heap = open("/dev/dma_heap/system", O_RDONLY | O_CLOEXEC), r;

	if (heap < 0)
		return from_udmabuf();
	r = ioctl(heap, DMA_HEAP_IOCTL_ALLOC, &want);
	close(heap);
	return r ? -1 : (int)want.fd;
}

char *new_buffer(void)
{
	int fd = buffer_descriptor();
	char *p = MAP_FAILED;

	if (fd >= 0)
		p = mmap(NULL, BUFFER_PAGES * 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	return p;
}

static char *buffer;

/* Two pages apart, so that no growing run has opened the next one. */
char *touch_page(void)
{
	static _Atomic unsigned turn;

	return buffer + (turn++ * 2 % BUFFER_PAGES) * 4096;
}

void touch(void)
{
	*(volatile char *)touch_page() = 1;
}

void say_status(const char *what, int status)
{
	if (WIFSIGNALED(status))
		say("%s: killed by signal %d", what, WTERMSIG(status));
	else
		say("%s: exit status %d", what, WEXITSTATUS(status));
}

void in_child(const char *what, void (*fn)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (!pid) {
		fn();
		_exit(0);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	say_status(what, status);
}

char *forbidden_page(void)
{
	char *p = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		_exit(98);
	return p;
}

unsigned long long mask_now(void)
{
	unsigned long long bits = 0;
	sigset_t set;

	sigemptyset(&set);
	if (sigprocmask(SIG_BLOCK, NULL, &set))
		return ~0ull;
	for (int sig = 1; sig <= 64; sig++)
		if (sigismember(&set, sig) == 1)
			bits |= 1ull << (sig - 1);
	return bits;
}

/* Each case in an image of its own, so that every one begins untouched and is fully traced. */
static int run_all(char *self)
{
	for (const struct test_case *c = cases; c->name; c++) {
		pid_t pid = fork();
		int status;

		if (!pid) {
			execl(self, self, c->name, (char *)NULL);
			_exit(97);
		}
		waitpid(pid, &status, 0);
		say_status(c->name, status);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const struct rlimit none = {0, 0};

	if (argc < 2)
		return run_all("/proc/self/exe");
	if (!getenv("WITH_CORE"))
		setrlimit(RLIMIT_CORE, &none);
	alarm(120); /* an emulated guest on a busy machine is slow */
	buffer = new_buffer();
	if (getenv("NEED_BUFFER") && buffer == MAP_FAILED) {
		say("no dma-heap");
		return 96;
	}
	if (buffer == MAP_FAILED)
		buffer = mmap(NULL, BUFFER_PAGES * 4096, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (const struct test_case *c = cases; c->name; c++) {
		if (strcmp(c->name, argv[1]))
			continue;
		c->run();
		return 0;
	}
	fprintf(stderr, "no case %s\n", argv[1]);
	return 2;
}
