/* SPDX-License-Identifier: MIT */
/* How processes are made, confined and ended. */
#include "case.h"

#include <dlfcn.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <spawn.h>
#include <stddef.h>
#include <sys/stat.h>

extern char **environ;

static void forks(void)
{
	touch();
	in_child("fork", touch);
	touch();
}

static void vforks(void)
{
	char *const argv[] = {"true", NULL};
	int status = 0;
	pid_t pid = vfork();

	if (!pid) {
		execv("/bin/true", argv);
		_exit(9);
	}
	waitpid(pid, &status, 0);
	touch();
	say_status("vfork", status);
}

static void spawns(void)
{
	char *const argv[] = {"sh", "-c", "exit 7", NULL};
	int status = 0;
	pid_t pid;

	say("  %d", posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ));
	waitpid(pid, &status, 0);
	say_status("posix_spawn", status);
	say("  %d", posix_spawnp(&pid, "no-such-program", NULL, NULL, argv, environ));
	say_status("system", system("exit 5"));
}

/* Each way to start a program, from the child of a vfork: what comes back is the error. */
static int start(int way, const char *path)
{
	char *const argv[] = {"sh", "-c", "exit 6", NULL};
	int fd;

	switch (way) {
	case 0: return execl(path, "sh", "-c", "exit 6", NULL);
	case 1: return execle(path, "sh", "-c", "exit $CODE", NULL, (char *[]){"CODE=6", NULL});
	case 2: return execlp(path, "sh", "-c", "exit 6", NULL);
	case 3: return execvp(path, argv);
	case 4: return execvpe(path, argv, environ);
	case 5: return execveat(AT_FDCWD, path, argv, environ, 0);
	case 6:
		fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		return fd < 0 ? -1 : fexecve(fd, argv, environ);
	case 7: return (int)syscall(SYS_execve, path, argv, environ);
	default: return execve(path, argv, environ);
	}
}

static void starts(void)
{
	/* a pipe is not opened; a script that is its own interpreter is followed a bounded way */
	char dir[] = "/tmp/harmless-XXXXXX", pipe_path[64], script[64], line[128];
	const char *const paths[] = {"/bin/sh", "/", "/no/such", "", pipe_path, script};
	int fd;

	if (!mkdtemp(dir))
		return;
	snprintf(pipe_path, sizeof(pipe_path), "%s/pipe", dir);
	snprintf(script, sizeof(script), "%s/script", dir);
	mkfifo(pipe_path, 0700);
	fd = open(script, O_WRONLY | O_CREAT, 0700);
	snprintf(line, sizeof(line), "#!%s\n", script);
	if (write(fd, line, strlen(line)) < 0 || close(fd))
		return;
	for (unsigned i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		for (int way = 0; way < 9; way++) {
			volatile int error = 0;
			int status = 0;
			pid_t pid = vfork();

			if (!pid) {
				if (start(way, paths[i]))
					error = errno;
				_exit(9);
			}
			waitpid(pid, &status, 0);
			say("  path %u, way %d: error %d, status %x", i, way, error, status);
		}
	unlink(pipe_path);
	unlink(script);
	rmdir(dir);
	touch();
}

/* The environment is a bad pointer, or has one: the kernel says so, nobody dies. */
static void bad_environment(void)
{
	char *const argv[] = {"true", NULL};
	char *nowhere = forbidden_page(), *some[] = {"A=b", nowhere, NULL};
	char *const *const env[] = {(char *const *)(void *)nowhere, some, (char *const *)16};

	for (unsigned i = 0; i < sizeof(env) / sizeof(env[0]); i++) {
		execve("/bin/true", argv, env[i]);
		say("  %s", strerrorname_np(errno));
	}
	touch();
}

static int in_clone(void *arg)
{
	(void)arg;
	touch();
	return 3;
}

static void clones(void)
{
	static char stack[1 << 16] __attribute__((aligned(16)));
	int status = 0, pid = clone(in_clone, stack + sizeof(stack), SIGCHLD, NULL);

	waitpid(pid, &status, 0);
	say_status("clone", status);
}

static void daemon_child(void)
{
	int p[2];
	char byte = 0;

	if (pipe(p))
		return;
	if (!fork()) {
		setsid();
		if (fork())
			_exit(0);
		for (int fd = 0; fd < 1024; fd++)
			if (fd != p[1])
				close(fd);
		touch();
		_exit(write(p[1], "d", 1) != 1);
	}
	close(p[1]);
	wait(NULL);
	if (read(p[0], &byte, 1) == 1)
		say("  daemon: %c", byte);
}

static void closes_all(void)
{
	int out = dup(1);

	if (out < 0 || dup2(out, 1) < 0)
		say("  no descriptor");
	say("  close_range: %d", close_range(3, ~0u, 0));
	touch();
	closefrom(3);
	touch();
	for (int fd = 3; fd < 4096; fd++)
		close(fd);
	touch();
	say("  next descriptor: %d", open("/dev/null", O_RDONLY));
}

/* dup2() and close() that no library sees. */
static void put_behind(int from, int to)
{
#ifdef __x86_64__
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"((long)SYS_close), "D"((long)to)
			 : "rcx", "r11", "memory");
	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"((long)SYS_dup3), "D"((long)from), "S"((long)to), "d"(0L)
			 : "rcx", "r11", "memory");
#else
	register long x8 __asm__("x8") = SYS_close, x0 __asm__("x0") = to;
	register long x1 __asm__("x1") = to, x2 __asm__("x2") = 0;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8) : "memory");
	x8 = SYS_dup3, x0 = from;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
#endif
}

static void count_numbers(void)
{
	int n = 0;

	for (int fd = 700; fd < 1000; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	say("  %d are open", n);
}

static void put(int from, int to)
{
	if (dup2(from, to) != to)
		say("  dup2: %s", strerror(errno));
}

/* Whatever number the trace had: it is the program's now, also in a child. */
static void take_numbers(void (*way)(int from, int to))
{
	int file = open("/dev/null", O_RDWR), n = 0;

	if (file < 0)
		return;
	touch();
	for (int fd = 700; fd < 1000; fd++)
		way(file, fd);
	in_child("child", count_numbers);
	count_numbers();
	for (int fd = 700; fd < 1000; fd++)
		n += !close(fd);
	touch();
	say("  %d were closed", n);
}

static void taken_numbers(void)
{
	take_numbers(put_behind);
}

static void given_numbers(void)
{
	take_numbers(put);
}

/* Somebody empties the table that the processes of a run have in common. */
static void table_cut(void)
{
	char path[512];
	int fd;

	touch();
	snprintf(path, sizeof(path), "%s/buffers.shared",
		 getenv("RUN_DIR") ? getenv("RUN_DIR") : "");
	fd = open(path, O_WRONLY | O_TRUNC);
	if (fd >= 0)
		close(fd);
	for (int i = 0; i < 4; i++) {
		char *p = new_buffer();

		touch();
		if (p != MAP_FAILED && (p[0] || munmap(p, BUFFER_PAGES * 4096)))
			say("  munmap: %s", strerror(errno));
	}
	in_child("child", touch);
	say("  alive");
}

/* Nothing but what a worker needs: a call of ours that is not on the list would be deadly. */
static void confined(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#define ALLOW(n) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, n, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
		ALLOW(SYS_write),
		ALLOW(SYS_exit_group),
		ALLOW(SYS_rt_sigreturn),
		ALLOW(SYS_mprotect),
		ALLOW(SYS_munmap),
		ALLOW(SYS_mmap),
		ALLOW(SYS_rt_sigprocmask),
		ALLOW(SYS_rt_sigaction),
		ALLOW(SYS_futex),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
	};
	struct sock_fprog prog = {sizeof(filter) / sizeof(filter[0]), filter};

	touch();
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	say("  seccomp: %d", prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog));
	for (int i = 0; i < 8; i++)
		touch();
	say("  confined and alive");
}

static void limited(void)
{
	const struct rlimit memory = {1ul << 30, 1ul << 30}, file = {1 << 16, 1 << 16},
			    files = {64, 64};

	say("  %d %d %d", setrlimit(RLIMIT_AS, &memory), setrlimit(RLIMIT_FSIZE, &file),
	    setrlimit(RLIMIT_NOFILE, &files));
	for (int i = 0; i < 3000; i++)
		touch();
	in_child("child under limits", touch);
	say("  alive");
}

static void chrooted(void)
{
	char path[] = "/tmp/harmless-XXXXXX";

	if (!mkdtemp(path))
		return;
	if (getuid() == 0 && chroot(path) == 0 && chdir("/") == 0)
		rmdir("/");
	for (int i = 0; i < 100; i++)
		touch();
	in_child("child in an empty root", touch);
}

/* The number of each low descriptor that is open. */
static void say_open(void)
{
	char text[256] = "  open:";

	for (int fd = 0; fd < 32; fd++)
		if (fcntl(fd, F_GETFD) >= 0)
			snprintf(text + strlen(text), sizeof(text) - strlen(text), " %d", fd);
	say("%s", text);
}

/* Stacks are taken: the program's descriptors stay what they are, whatever number they get. */
static void numbers(void)
{
	char name[] = "/tmp/harmless-XXXXXX", text[16] = "";
	int file[8];

	for (int i = 0; i < 4; i++)
		touch();
	say_open();
	for (int fd = 3; fd < 200; fd++)
		close(fd);
	file[0] = mkstemp(name);
	unlink(name);
	if (write(file[0], "0123456789", 10) != 10 || lseek(file[0], 0, SEEK_SET))
		return;
	for (int i = 1; i < 8; i++)
		file[i] = dup(file[0]);
	for (int i = 0; i < 8; i++)
		touch();
	say_open();
	say("  at %ld, %zd bytes: %s", (long)lseek(file[7], 0, SEEK_CUR),
	    pread(file[0], text, sizeof(text) - 1, 0), text);
}

static void *one_touch(void *arg)
{
	touch();
	return arg;
}

static void *long_life(void *arg)
{
	for (int i = 0; i < 50; i++) {
		touch();
		sched_yield();
	}
	return arg;
}

static void threads(void)
{
	pthread_t t[64];
	int made = 0;

	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 64; i++)
			made += !pthread_create(&t[i], NULL, round ? one_touch : long_life, NULL);
		for (int i = 0; i < 64; i++)
			pthread_join(t[i], NULL);
	}
	say("  %d threads came and went", made);
}

static void *killed(void *arg)
{
	for (;;) {
		touch();
		pthread_testcancel();
	}
	return arg;
}

static void cancelled(void)
{
	pthread_t t[16];
	void *end;
	int n = 0;

	for (int i = 0; i < 16; i++)
		pthread_create(&t[i], NULL, killed, NULL);
	for (int i = 0; i < 16; i++)
		pthread_cancel(t[i]);
	for (int i = 0; i < 16; i++) {
		pthread_join(t[i], &end);
		n += end == PTHREAD_CANCELED;
	}
	say("  %d threads cancelled", n);
}

static void modules(void)
{
	for (int i = 0; i < 50; i++) {
		void *m = dlopen("libm.so.6", RTLD_NOW);

		touch();
		if (!m || dlclose(m))
			say("  dlopen: %s", dlerror());
	}
	say("  last error: %s", dlerror() ? "some" : "none");
}

static void exits(void)
{
	static const char *const names[] = {"exit", "_exit", "quick_exit", "abort", "exit_group"};

	for (int i = 0; i < 5; i++) {
		pid_t pid = fork();
		int status = 0;

		if (!pid) {
			touch();
			if (i == 0)
				exit(11);
			if (i == 1)
				_exit(12);
			if (i == 2)
				quick_exit(13);
			if (i == 3)
				abort();
			syscall(SYS_exit_group, 15);
		}
		waitpid(pid, &status, 0);
		say_status(names[i], status);
	}
}

const struct test_case cases[] = {
	{"fork", forks},
	{"vfork", vforks},
	{"spawn", spawns},
	{"clone", clones},
	{"daemon", daemon_child},
	{"close-all", closes_all},
	{"confined", confined},
	{"limited", limited},
	{"chroot", chrooted},
	{"threads", threads},
	{"cancelled", cancelled},
	{"modules", modules},
	{"exits", exits},
	{"starts", starts},
	{"numbers", numbers},
	{"bad-environment", bad_environment},
	{"taken-numbers", taken_numbers},
	{"given-numbers", given_numbers},
	{"table-cut", table_cut},
	{NULL, NULL},
};
