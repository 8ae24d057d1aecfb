/* SPDX-License-Identifier: MIT */
/*
 * Records the kernel's side of a run: starts bpftrace and stops it.
 *
 * bpftrace runs a command (-c) only once its probes are attached and ends when that command does.
 * The command is cat, and we hold the other end of its standard input: what we wrote there comes out
 * among the lines when every probe is attached, and closing it ends the recording.  If this process
 * is killed, that end closes too, and no tracer is left behind.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/bpf.h"
#include "cli/kernel.h"
#include "cli/probes.h"
#include "core/kernel_line.h"

#define READY "R attached\n"

enum { ATTACH_MS = 180000, STOP_MS = 30000, KILL_MS = 5000, STEP_MS = 20 };

struct ds_kernel {
	pid_t pid; /* of bpftrace, 0 = it has ended */
	int input; /* other end of its command's standard input */
	int lines;
	uint64_t attach_ns; /* CPU time of bpftrace until its probes were attached */
	uint64_t cpu_ns;    /* of all its life, once it has ended */
};

static void sleep_ms(int ms)
{
	const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L};

	(void)nanosleep(&t, NULL);
}

/* Has bpftrace ended?  Then it is reaped. */
static bool ended(struct ds_kernel *k)
{
	struct rusage used = {0};

	if (k->pid && wait4(k->pid, NULL, WNOHANG, &used) != 0) {
		k->pid = 0;
		k->cpu_ns = (uint64_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000000000 +
			    (uint64_t)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) * 1000;
	}
	return !k->pid;
}

static bool wait_end(struct ds_kernel *k, int ms)
{
	for (; !ended(k) && ms > 0; ms -= STEP_MS)
		sleep_ms(STEP_MS);
	return !k->pid;
}

/* ---- the lines ---- */

/* Hand every whole line of the recording to `take`, from *offset on, which moves. */
static void each_line(int fd, off_t *offset,
		      void (*take)(const struct ds_kernel_line *line, void *ctx), void *ctx)
{
	char text[65536];
	struct ds_kernel_line line;
	ssize_t n;

	while ((n = pread(fd, text, sizeof(text), *offset)) > 0) {
		const char *at = text, *end = text + n;
		size_t len;

		while (at < end &&
		       (len = ds_kernel_line_length(at, (size_t)(end - at))) < (size_t)(end - at)) {
			ds_kernel_line_read(at, len, &line);
			take(&line, ctx);
			at += len + 1;
		}
		if (at == text && n < (ssize_t)sizeof(text))
			return;
		*offset += at == text ? n : at - text;
	}
}

static void take_ready(const struct ds_kernel_line *line, void *ready)
{
	if (line->kind == DS_KLINE_READY)
		*(bool *)ready = true;
}

static void take_end(const struct ds_kernel_line *line, void *ctx)
{
	struct ds_kernel_end *e = ctx;

	e->complete |= line->kind == DS_KLINE_END;
	e->events += line->kind == DS_KLINE_EVENT;
	if (line->kind == DS_KLINE_LOST)
		e->lost += line->value;
}

/* The last thing that bpftrace called an error. */
static void take_error(const struct ds_kernel_line *line, void *why)
{
	if (line->kind == DS_KLINE_NOTE && memmem(line->text, line->text_len, "ERROR", 5))
		snprintf(why, 200, "%.*s", (int)line->text_len, line->text);
}

/* ---- start ---- */

static int fail(struct ds_kernel *k, int error, const char *reason, char *why, size_t size)
{
	char detail[200] = "";
	off_t at = 0;

	if (k->lines >= 0) {
		each_line(k->lines, &at, take_error, detail);
		dprintf(k->lines, "F %s\n", reason);
	}
	snprintf(why, size, "%s%s%s", reason, *detail ? ": " : "", detail);
	return error;
}

/* The program and, at the head of the recording, what it can see. */
static int write_program(int dir, int lines, bool bulk)
{
	char *folder = ds_bpf_folder("probes");
	int fd = openat(dir, DS_KERNEL_PROGRAM, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FILE *program = fd < 0 ? NULL : fdopen(fd, "we");
	int copy = dup(lines);
	FILE *report = copy < 0 ? NULL : fdopen(copy, "ae");
	struct utsname host;
	int r = folder && program && report ? 0 : -ENOENT;

	if (!r && !uname(&host))
		fprintf(program, DS_KERNEL_PROGRAM_HEAD ", Linux %s\n", host.release);
	if (!r)
		r = ds_probes_assemble(folder, bulk, program, report);
	if (program && fclose(program) && r > 0)
		r = -EIO;
	else if (!program && fd >= 0)
		close(fd);
	if (report)
		fclose(report);
	free(folder);
	return r;
}

/* Between fork and exec: only calls that are safe there. */
_Noreturn static void become_bpftrace(const char *path, int dir, int input, int lines)
{
	char *argv[] = {(char *)"bpftrace",
			(char *)"-B",
			(char *)"line",
			(char *)"-c",
			(char *)"/bin/cat",
			(char *)DS_KERNEL_PROGRAM,
			NULL};
	sigset_t none;

	/* a Ctrl-C is for the program: bpftrace ends after it, not with it */
	setpgid(0, 0);
	signal(SIGINT, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (!fchdir(dir) && dup2(input, 0) == 0 && dup2(lines, 1) == 1 && dup2(lines, 2) == 2)
		execv(path, argv);
	_exit(127);
}

static int spawn(struct ds_kernel *k, const char *path, int dir)
{
	int input[2];

	if (pipe2(input, O_CLOEXEC))
		return -errno;
	setenv("BPFTRACE_PERF_RB_PAGES", "1024", 0); /* room for bursts: 4 MiB per CPU */
	setenv("BPFTRACE_MAX_MAP_KEYS", "16384", 0);
	k->pid = fork();
	if (k->pid == 0)
		become_bpftrace(path, dir, input[0], k->lines);
	close(input[0]);
	k->input = input[1];
	if (k->pid < 0) {
		k->pid = 0;
		return -errno;
	}
	return write(k->input, READY, strlen(READY)) < 0 ? -errno : 0;
}

/* The launcher holds its signals back until the program can have them. */
static bool interrupted(void)
{
	sigset_t set;

	return !sigpending(&set) && (sigismember(&set, SIGINT) || sigismember(&set, SIGTERM));
}

static uint64_t cpu_time(pid_t pid)
{
	struct timespec used = {0};
	clockid_t clock;

	if (!clock_getcpuclockid(pid, &clock))
		(void)clock_gettime(clock, &used);
	return (uint64_t)used.tv_sec * 1000000000 + (uint64_t)used.tv_nsec;
}

static int wait_ready(struct ds_kernel *k, char *why, size_t size)
{
	bool ready = false;
	off_t at = 0;

	for (int ms = 0; ms < ATTACH_MS; ms += STEP_MS) {
		bool gone = ended(k);

		each_line(k->lines, &at, take_ready, &ready);
		if (ready) {
			k->attach_ns = cpu_time(k->pid);
			return 0;
		}
		if (gone)
			return fail(k, -EIO, "bpftrace could not start", why, size);
		if (interrupted())
			return fail(k, -EINTR, "interrupted while bpftrace started", why, size);
		sleep_ms(STEP_MS);
	}
	return fail(k, -ETIMEDOUT, "bpftrace did not attach its probes in 180 s", why, size);
}

static int start(struct ds_kernel *k, int dir, bool bulk, char *why, size_t size)
{
	char reason[160], *path;
	int r;

	k->lines = openat(dir, DS_KERNEL_LINES,
			  O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (k->lines < 0)
		return fail(k, -errno, "cannot write " DS_KERNEL_LINES, why, size);
	dprintf(k->lines, DS_KERNEL_HEAD "\n");
	r = ds_bpf_program(&path, reason, sizeof(reason));
	if (r)
		return fail(k, r, reason, why, size);
	r = write_program(dir, k->lines, bulk);
	if (r == -EPERM)
		r = fail(k, r, "the kernel does not show its functions (tracefs)", why, size);
	else if (r <= 0)
		r = fail(k, r ? r : -ENOENT, "the probes of dmasan were not found", why, size);
	else if (spawn(k, path, dir))
		r = fail(k, -EIO, "cannot start bpftrace", why, size);
	else
		r = wait_ready(k, why, size);
	free(path);
	return r;
}

static void destroy(struct ds_kernel *k)
{
	if (k->input >= 0)
		close(k->input);
	k->input = -1;
	if (!wait_end(k, STOP_MS))
		kill(k->pid, SIGINT);
	if (!wait_end(k, KILL_MS))
		kill(-k->pid, SIGKILL);
	(void)wait_end(k, KILL_MS);
}

int ds_kernel_start(int dir, bool bulk, struct ds_kernel **ret, char *why, size_t size)
{
	struct ds_kernel *k = malloc(sizeof(*k));
	int r;

	if (!k)
		return -ENOMEM;
	*k = (struct ds_kernel){.input = -1, .lines = -1};
	r = start(k, dir, bulk, why, size);
	if (r) {
		ds_kernel_stop(k, &(struct ds_kernel_end){0});
		return r;
	}
	*ret = k;
	return 0;
}

void ds_kernel_stop(struct ds_kernel *k, struct ds_kernel_end *ret)
{
	off_t at = 0;

	*ret = (struct ds_kernel_end){0};
	if (!k)
		return;
	destroy(k);
	if (k->lines >= 0) {
		if (k->attach_ns && k->cpu_ns > k->attach_ns)
			dprintf(k->lines, "C %" PRIu64 " %" PRIu64 "\n", k->attach_ns,
				k->cpu_ns - k->attach_ns);
		each_line(k->lines, &at, take_end, ret);
		close(k->lines);
	}
	free(k);
}

void ds_kernel_watch(struct ds_kernel *k, unsigned seconds)
{
	struct timespec now, until, step = {.tv_nsec = 200000000L};
	sigset_t set, old;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += seconds;
	do {
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (!ended(k) &&
		 (!seconds || now.tv_sec < until.tv_sec ||
		  (now.tv_sec == until.tv_sec && now.tv_nsec < until.tv_nsec)) &&
		 sigtimedwait(&set, NULL, &step) < 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
}
