/* SPDX-License-Identifier: MIT */
/*
 * A child that works with its parent's buffer in the middle of something: family CASE [wrong]
 *
 * short: it ends at once.  unshare, chroot, seccomp: it enters a sandbox first.  crash, killed: it
 * dies within its bracket.  With "wrong" it also reads without one, as the last thing before its
 * end.  The parent goes on to use the buffer.  Both write their role and pid to stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

enum { ROUNDS = 20, FD = 50 };

#define KILL_ON(call)                                          \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

/* Nothing is opened, connected or executed any more. */
static void seal(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		KILL_ON(openat),
		KILL_ON(socket),
		KILL_ON(execve),
		KILL_ON(clone),
		KILL_ON(newfstatat),
		KILL_ON(readlinkat),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(rules) / sizeof(rules[0]), rules};

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
}

static void enter_sandbox(const char *name)
{
	if (!strcmp(name, "unshare"))
		CHECK(unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWNET | CLONE_FILES | CLONE_FS));
	if (!strcmp(name, "chroot")) {
		CHECK(chroot("/proc/self/fdinfo"));
		CHECK(chdir("/"));
		CHECK(setgid(65534));
		CHECK(setuid(65534));
	}
	if (!strcmp(name, "seccomp"))
		seal();
}

static void read_once(const struct dbuf *d)
{
	sync_start(d->fd, DMA_BUF_SYNC_READ);
	consume((const void *)d->map, d->size);
	sync_end(d->fd, DMA_BUF_SYNC_READ);
}

static void child(const char *name, bool wrong)
{
	const struct rlimit none = {0, 0};
	struct dbuf d;

	CHECK(setrlimit(RLIMIT_CORE, &none));
	dbuf_init(&d, FD, SMALL);
	enter_sandbox(name);
	for (int i = 0; i < ROUNDS && strcmp(name, "short"); i++)
		read_once(&d);
	if (wrong)
		(void)d.map[0]; /* EXPECT SYN02 */
	if (strcmp(name, "crash") && strcmp(name, "killed"))
		_exit(0);
	sync_start(d.fd, DMA_BUF_SYNC_RW);
	d.map[0] = 1;
	if (!strcmp(name, "killed"))
		raise(SIGKILL);
	abort();
}

static void expect_end(const char *name, int status)
{
	int wanted = !strcmp(name, "crash") ? SIGABRT : !strcmp(name, "killed") ? SIGKILL : 0;

	if (WIFSIGNALED(status) ? WTERMSIG(status) != wanted : wanted || WEXITSTATUS(status))
		die("the child ended otherwise");
}

int main(int argc, char **argv)
{
	struct dbuf d;
	int status;
	pid_t pid;

	if (argc < 2)
		die("usage: family short|unshare|chroot|seccomp|crash|killed [wrong]");
	fprintf(stderr, "%s %d\n", getenv("FAMILY_CHILD") ? "CHILD" : "PARENT", getpid());
	if (getenv("FAMILY_CHILD"))
		child(argv[1], argc > 2);
	dbuf_new(&d, SMALL);
	CHECK(dup2(d.fd, FD)); /* not closed on exec */
	for (int i = 0; i < 3; i++) {
		sync_start(d.fd, DMA_BUF_SYNC_WRITE);
		d.map[0] = (unsigned char)i;
		sync_end(d.fd, DMA_BUF_SYNC_WRITE);
		pid = fork();
		CHECK(pid);
		if (!pid) {
			setenv("FAMILY_CHILD", "1", 1);
			execv(argv[0], argv);
			_exit(127);
		}
		CHECK(waitpid(pid, &status, 0));
		expect_end(argv[1], status);
	}
	read_once(&d);
	close(FD);
	dbuf_finish(&d);
	return 0;
}
