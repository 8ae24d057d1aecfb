/* SPDX-License-Identifier: MIT */
/*
 * Consumers in cages: cage WAY ROUNDS.  ROUNDS right frames, then ROUNDS that were queued anew before the consumer read.
 *
 * WAY: chroot; namespace (all but a user's own, the consumer is pid 1); user (nobody); seccomp (a filter that kills,
 * installed after start); refused (a filter that refuses what this program does not need itself); short (a forked child for each frame); killed, crashed (a consumer for each frame, which dies inside
 * its bracket).  Both write their role and pid to stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

enum { SOCKET = 99, FIRST_FD = 100, LATE = 0x100 };

static const char *way;

static bool is(const char *name)
{
	return !strcmp(way, name);
}

static bool dies(void)
{
	return is("killed") || is("crashed");
}

/* ---- the consumer ---- */

/* What this program needs, and then what docs/limits.md says that the library does. */
static const int needed[] = {
	SYS_read, SYS_write, SYS_ioctl,	 SYS_close,	   SYS_exit_group,    SYS_futex,
	SYS_mmap, SYS_brk,   SYS_munmap, SYS_rt_sigreturn, SYS_clock_gettime,
};
static const int library[] = {
	SYS_mprotect, SYS_madvise,   SYS_rt_sigprocmask,   SYS_rt_sigaction, SYS_gettid,
	SYS_getpid,   SYS_fstat,     SYS_fstatfs,	   SYS_lseek,	     SYS_openat,
	SYS_clone,    SYS_fallocate, SYS_process_vm_readv,
};
enum {
	NEEDED = sizeof(needed) / sizeof(needed[0]),
	LIBRARY = sizeof(library) / sizeof(library[0])
};

/* Only these calls from now on; others end in `otherwise`. */
static void install_filter(bool with_library, unsigned int otherwise)
{
	struct sock_filter code[1 + 2 * (NEEDED + LIBRARY) + 1];
	struct sock_fprog prog = {0, code};

	code[prog.len++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							offsetof(struct seccomp_data, nr));
	for (int i = 0; i < NEEDED + (with_library ? LIBRARY : 0); i++) {
		int call = i < NEEDED ? needed[i] : library[i - NEEDED];

		code[prog.len++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K,
								(unsigned int)call, 0, 1);
		code[prog.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	code[prog.len++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, otherwise);
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0));
}

/* The rest of the program is pid 1 of its own name space; this process only passes its end on. */
static void enter_name_spaces(void)
{
	int status;
	pid_t pid;

	CHECK(unshare(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS));
	pid = fork();
	CHECK(pid);
	if (!pid)
		return;
	CHECK(waitpid(pid, &status, 0));
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void enter_chroot(void)
{
	char dir[] = "/tmp/cage.XXXXXX";

	if (!mkdtemp(dir))
		die_call(__FILE__, __LINE__, "mkdtemp");
	CHECK(chroot(dir));
	CHECK(chdir("/"));
}

static void enter_cage(void)
{
	if (is("chroot"))
		enter_chroot();
	if (is("namespace"))
		enter_name_spaces();
	if (is("user"))
		CHECK(setresuid(65534, 65534, 65534));
	if (is("seccomp"))
		install_filter(true, SECCOMP_RET_KILL_PROCESS);
	if (is("refused"))
		install_filter(false, SECCOMP_RET_ERRNO | EPERM);
}

static void __attribute__((noinline)) read_in_time(const struct dbuf *d)
{
	consume((const void *)d->map, d->size);
}

static void __attribute__((noinline)) read_late(const struct dbuf *d)
{
	consume((const void *)d->map, d->size); /* EXPECT OWN02 */
}

static void read_frame(const struct dbuf *d, bool late)
{
	sync_start(d->fd, DMA_BUF_SYNC_READ);
	if (late)
		read_late(d);
	else
		read_in_time(d);
	if (is("killed"))
		raise(SIGKILL);
	if (is("crashed"))
		abort();
	sync_end(d->fd, DMA_BUF_SYNC_READ);
}

static void consume_frames(void)
{
	struct dbuf d[BUFFERS];
	unsigned int word[2]; /* size, index */

	memset(d, 0, sizeof(d));
	while (read(SOCKET, word, sizeof(word)) == sizeof(word)) {
		unsigned int i = word[1] & ~LATE;

		if (!d[i].map)
			dbuf_init(&d[i], FIRST_FD + (int)i, word[0]);
		read_frame(&d[i], word[1] & LATE);
		CHECK(write(SOCKET, word, sizeof(word)));
	}
	for (int i = 0; i < BUFFERS; i++)
		if (d[i].map)
			dbuf_finish(&d[i]);
}

/* ---- the producer ---- */

static pid_t start_consumer(char **argv, int *socket)
{
	int pair[2];
	pid_t pid;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	pid = fork();
	CHECK(pid);
	if (!pid) {
		close(pair[0]); /* a forked child does not close it by exec */
		CHECK(dup2(pair[1], SOCKET));
		close(pair[1]);
		if (is("short")) {
			consume_frames();
			_exit(0);
		}
		setenv("CAGE_CONSUMER", "1", 1);
		execv("/proc/self/exe", argv);
		_exit(127);
	}
	close(pair[1]);
	*socket = pair[0];
	return pid;
}

static void end_consumer(pid_t pid, int socket)
{
	int status, expected = is("killed") ? SIGKILL : is("crashed") ? SIGABRT : 0;

	close(socket);
	CHECK(waitpid(pid, &status, 0));
	if (expected ? !WIFSIGNALED(status) || WTERMSIG(status) != expected
		     : !WIFEXITED(status) || WEXITSTATUS(status)) {
		fprintf(stderr, "the consumer's status is 0x%x\n", (unsigned int)status);
		exit(1);
	}
}

static void frame(struct video *cap, int socket, bool late)
{
	unsigned int i = video_dequeue(cap);
	unsigned int word[2] = {(unsigned int)cap->size, i | (late ? LATE : 0)};

	if (late)
		video_queue(cap, i, -1); /* EXPECT OWN02 prior */
	CHECK(write(socket, word, sizeof(word)));
	if (read(socket, word, sizeof(word)) != sizeof(word) && !dies()) {
		fprintf(stderr, "the consumer is gone\n");
		exit(1);
	}
	if (!late)
		video_queue(cap, i, -1);
}

static void produce(int rounds, char **argv)
{
	bool each = dies() || is("short");
	struct video cap;
	pid_t pid = 0;
	int socket = -1;

	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	for (unsigned int i = 0; i < BUFFERS; i++) {
		int fd = video_export(&cap, i);

		CHECK(dup2(fd, FIRST_FD + (int)i));
		close(fd);
	}
	video_queue_all(&cap, NULL);
	video_start(&cap);
	for (int n = 0; n < rounds * 2; n++) {
		if (each || !pid)
			pid = start_consumer(argv, &socket);
		frame(&cap, socket, n >= rounds);
		if (each)
			end_consumer(pid, socket);
	}
	if (!each)
		end_consumer(pid, socket);
	for (int i = 0; i < BUFFERS; i++)
		close(FIRST_FD + i);
	video_close(&cap);
}

int main(int argc, char **argv)
{
	static const struct rlimit no_core = {0, 0};

	if (argc != 3)
		die("usage: cage chroot|namespace|user|seccomp|refused|short|killed|crashed "
		    "ROUNDS");
	way = argv[1];
	alarm(120);
	setrlimit(RLIMIT_CORE, &no_core);
	signal(SIGPIPE, SIG_IGN);
	if (!getenv("CAGE_CONSUMER")) {
		fprintf(stderr, "PRODUCER %d\n", getpid());
		produce(atoi(argv[2]), argv);
		return 0;
	}
	fprintf(stderr, "CONSUMER %d\n", getpid());
	enter_cage();
	consume_frames();
	return 0;
}
