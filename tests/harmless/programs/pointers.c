/* SPDX-License-Identifier: MIT */
/* Calls that hand memory to the kernel: guarded memory, which must work, and bad pointers, which must fail. */
#include <aio.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/xattr.h>

#include "case.h"

static void result(const char *what, long r)
{
	say("%s: %ld %s", what, r, r < 0 ? strerrorname_np(errno) : "");
}

static int file_with(size_t n)
{
	int fd = memfd_create("pointers", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)n))
		_exit(95);
	return fd;
}

static void files(void)
{
	int fd = file_with(8192);
	struct iovec iov[2];
	int copy = dup(fd);
	FILE *f = copy < 0 ? NULL : fdopen(copy, "r+");

	if (!f)
		_exit(95);
	result("read", read(fd, touch_page(), 4096));
	result("pread", pread(fd, touch_page(), 4096, 0));
	result("write", write(fd, touch_page(), 4096));
	result("pwrite", pwrite(fd, touch_page(), 4096, 0));
	iov[0] = (struct iovec){touch_page(), 4096};
	iov[1] = (struct iovec){touch_page(), 4096};
	result("preadv", preadv(fd, iov, 2, 0));
	iov[0].iov_base = touch_page();
	iov[1].iov_base = touch_page();
	result("pwritev", pwritev(fd, iov, 2, 0));
	rewind(f);
	result("fread", (long)fread(touch_page(), 1, 4096, f));
	rewind(f);
	result("fwrite", (long)fwrite(touch_page(), 1, 4096, f));
	fclose(f);
	close(fd);
}

static void messages(void)
{
	int pair[2], q = msgget(IPC_PRIVATE, 0600);
	struct iovec iov = {touch_page(), 512};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
	char *p;

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		_exit(95);
	result("sendmsg", sendmsg(pair[0], &msg, 0));
	iov.iov_base = touch_page();
	result("recvmsg", recvmsg(pair[1], &msg, 0));
	result("send", send(pair[0], touch_page(), 512, 0));
	result("recv", recv(pair[1], touch_page(), 512, 0));
	p = touch_page();
	*(long *)(void *)p = 1;
	result("msgsnd", msgsnd(q, p, 100, 0));
	result("msgrcv", msgrcv(q, touch_page(), 100, 0, 0));
	msgctl(q, IPC_RMID, NULL);
}

static void others(void)
{
	struct iovec to = {touch_page(), 64}, from;
	char text[64] = "here";

	from = (struct iovec){text, 64};
	result("process_vm_readv", process_vm_readv(getpid(), &to, 1, &from, 1, 0));
	to.iov_base = touch_page();
	result("process_vm_writev", process_vm_writev(getpid(), &to, 1, &from, 1, 0));
	result("getrandom", getrandom(touch_page(), 64, 0));
	result("getentropy", getentropy(touch_page(), 64));
	arc4random_buf(touch_page(), 64);
	result("mlock", mlock(touch_page(), 4096));
	result("munlock", munlock(touch_page(), 4096));
	result("madvise", madvise(touch_page(), 4096, MADV_WILLNEED));
	result("fgetxattr",
	       fgetxattr(1, "user.none", touch_page(), 64) < 0 && errno != EFAULT ? 0 : -1);
}

static void async(void)
{
	int fd = file_with(4096);
	struct aiocb cb = {.aio_fildes = fd, .aio_buf = touch_page(), .aio_nbytes = 4096};
	const struct aiocb *list[] = {&cb};

	result("aio_read", aio_read(&cb));
	while (aio_error(&cb) == EINPROGRESS)
		aio_suspend(list, 1, NULL);
	errno = aio_error(&cb);
	result("aio_return", aio_return(&cb));
}

static void bad(void)
{
	struct msghdr msg = {.msg_iov = (struct iovec *)(void *)forbidden_page(), .msg_iovlen = 3};
	char *nowhere = forbidden_page();
	int fd = file_with(4096), pair[2];

	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair))
		_exit(95);
	touch();
	result("read", read(fd, nowhere, 16));
	result("write", write(fd, nowhere, 16));
	result("readv", readv(fd, (struct iovec *)(void *)nowhere, 2));
	result("writev", writev(fd, (struct iovec *)(void *)nowhere, 2));
	result("readv, too many", readv(fd, (struct iovec *)(void *)nowhere, 5000));
	result("sendmsg, its vector", sendmsg(pair[0], &msg, 0));
	result("sendmsg", sendmsg(pair[0], (struct msghdr *)(void *)nowhere, 0));
	result("recvmsg", recvmsg(pair[1], (struct msghdr *)(void *)nowhere, MSG_DONTWAIT));
	result("sendmmsg", sendmmsg(pair[0], (struct mmsghdr *)(void *)nowhere, 2, 0));
	result("madvise", madvise(nowhere, 4096, 9999));
}

static sigjmp_buf forbidden;

static void caught(int sig)
{
	siglongjmp(forbidden, sig);
}

/* What lay there is moved, replaced, closed by the program itself: nothing of the guard stays behind. */
static void remaps(void)
{
	char *spot = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *page = touch_page(), *moved;
	int p[2], got;

	if (spot == MAP_FAILED || pipe(p))
		return;
	moved = mremap(page, 4096, 4096, MREMAP_MAYMOVE | MREMAP_FIXED, spot);
	say("  mremap: %s", moved == spot ? "there" : "failed");
	*(volatile char *)moved = 1;
	page = touch_page();
	say("  MAP_FIXED: %s", mmap(page, 4096, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == page
				       ? "there"
				       : "failed");
	result("  write from it", write(p[1], page, 4096));
	result("  read into it", read(p[0], page, 4096));
	page = touch_page();
	say("  mprotect: %d", mprotect(page, 4096, PROT_READ));
	signal(SIGSEGV, caught);
	got = sigsetjmp(forbidden, 1);
	if (!got)
		*(volatile char *)page = 1;
	say("  a write that the program forbade: signal %d", got);
	result("  and by the kernel", read(p[0], page, 0));
	say("  munmap: %d", munmap(page, 4096));
	got = sigsetjmp(forbidden, 1);
	if (!got)
		*(volatile char *)page = 1;
	say("  after munmap: signal %d", got);
	touch();
}

/* Who may write may read, on every CPU that Linux runs on. */
static void write_only(void)
{
	char *page = touch_page();
	int fd = file_with(4096);

	say("  mprotect: %d", mprotect(page, 4096, PROT_WRITE));
	*(volatile char *)page = 5;
	say("  what was written: %d", *(volatile char *)page);
	page = touch_page();
	say("  mprotect: %d", mprotect(page, 4096, PROT_WRITE));
	say("  before anything was written: %d", *(volatile char *)page);
	page = touch_page();
	mprotect(page, 4096, PROT_WRITE);
	result("write", write(fd, page, 4096));
	result("pread", pread(fd, page, 4096, 0));
}

const struct test_case cases[] = {
	{"files", files}, {"messages", messages}, {"others", others},	      {"async", async},
	{"bad", bad},	  {"remaps", remaps},	  {"write-only", write_only}, {NULL, NULL}};
