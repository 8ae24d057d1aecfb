/* SPDX-License-Identifier: MIT */
/* Beginning and end of the library's life in a process, and what a fork changes. */
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "preload/fence.h"
#include "preload/hooks.h"
#include "preload/lock.h"
#include "preload/options.h"
#include "preload/program.h"
#include "preload/recorder.h"
#include "preload/shared.h"
#include "preload/state.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/trap.h"

bool ds_active;
static long own_pid;
static bool is_root;	   /* this process made the run directory and reports at its end */
static int report_fd = -1; /* stderr as it was: many programs close theirs before they are done */
static struct stat report_stat;

_Atomic bool ds_pid_unsure;

bool ds_own_process(void)
{
	return DS_LIKELY(!atomic_load_explicit(&ds_pid_unsure, memory_order_relaxed)) ||
	       DS_SYS(getpid) == own_pid;
}

/* A program that closes what it did not open, and opens files, has one of them there. */
static bool report_fd_is_ours(void)
{
	struct stat st;

	return report_fd >= 0 && !ds_sys_fstat(report_fd, &st) && st.st_dev == report_stat.st_dev &&
	       st.st_ino == report_stat.st_ino;
}

/* The environment without us.  A copy: unsetenv() takes a lock, and _exit() may be called in a handler. */
static char **plain_environment(void)
{
	extern char **environ;
	size_t n = 0;
	char **copy;

	while (environ && environ[n])
		n++;
	copy = ds_sys_pages((n + 1) * sizeof(*copy));
	for (size_t i = 0, k = 0; copy && i < n; i++)
		if (strncmp(environ[i], "LD_PRELOAD=", 11) != 0)
			copy[k++] = environ[i];
	return copy;
}

/* Findings at exit, for use without the command: `dmasan check` lies beside the library. */
static int report(void)
{
	char tool[4096], *at = tool, *argv[] = {tool, "check", ds_options.dir, NULL};
	char **env = plain_environment();
	int status = 0;
	pid_t child;

	if (!ds_own_path(tool, sizeof(tool)))
		return 0;
	*strrchr(tool, '/') = 0;
	at += strlen(tool);
	ds_put_text(&at, tool + sizeof(tool), "/../bin/dmasan");
	if (DS_SYS(faccessat, AT_FDCWD, tool, X_OK)) {
		DS_SYS(dup3, report_fd, 2, 0);
		ds_say("run directory ", ds_options.dir, "; read it with: dmasan check DIR");
		return 0;
	}
	child = vfork();
	if (!child) {
		DS_SYS(dup3, report_fd, 1, 0);
		DS_SYS(dup3, report_fd, 2, 0);
		DS_SYS(execve, tool, argv, env);
		DS_SYS(exit_group, 127);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 0;
}

static uint32_t exit_stack; /* of a call of _exit(), 0 = not taken yet */

/* Everything that can only be known at the end.  Returns the status to exit with. */
static int finish(int status)
{
	static _Atomic int done;

	if (!ds_active || !ds_own_process() || done++)
		return status;
	ds_program_settle();
	if (ds_recorder_running() && ds_lock_enter()) {
		ds_stack_use(exit_stack);
		ds_modules_note_namespaces();
		ds_fd_settle(-2);
		ds_fd_report_left();
		ds_map_report_left();
		ds_emit((struct ds_event){.type = DS_EV_EXIT,
					  .stack = ds_stack_here(),
					  .a = (uint64_t)(status & 0xff)});
		ds_shared_end();
		ds_recorder_end();
		ds_stack_use(0);
		ds_lock_leave();
	}
	if (!is_root || !ds_options.report || !report_fd_is_ours())
		return status;
	if (report() == 66 && ds_options.exitcode)
		return ds_options.exitcode;
	return status;
}

static void at_exit(int status, void *arg)
{
	int wanted = finish(status);

	(void)arg;
	if (wanted != status)
		ds_real._exit(wanted);
}

static void end(const ucontext_t *caller, int status)
{
	exit_stack = ds_recorder_running() ? ds_stack_of(caller) : 0;
	ds_real._exit(finish(status));
}

DS_EXPORT void _exit(int status)
{
	DS_REAL_INIT();
	if (ds_active && ds_own_process())
		ds_trap_end(end, status);
	ds_real._exit(finish(status));
	__builtin_unreachable();
}

DS_EXPORT void _Exit(int status)
{
	_exit(status);
}

/* ---- fork ---- */

DS_EXPORT pid_t _Fork(void)
{
	DS_REAL_INIT();
	atomic_store(&ds_pid_unsure, true);
	return ds_real._Fork();
}

DS_EXPORT int clone(int (*fn)(void *), void *stack, int flags, void *arg, ...)
{
	va_list args;
	pid_t *parent, *child;
	void *tls;

	DS_REAL_INIT();
	va_start(args, arg);
	parent = va_arg(args, pid_t *);
	tls = va_arg(args, void *);
	child = va_arg(args, pid_t *);
	va_end(args);
	if (!(flags & CLONE_THREAD))
		atomic_store(&ds_pid_unsure, true);
	return ds_real.clone(fn, stack, flags, arg, parent, tls, child);
}

/* Forks by a thread that had the lock: in a handler, or in a pthread_atfork() function of another. */
static unsigned forks_inside;

static void before_fork(void)
{
	if (ds_lock_enter())
		ds_lock_keep();
	else
		forks_inside++;
	ds_stacks_before_fork();
}

static void in_parent(void)
{
	ds_stacks_in_parent();
	if (forks_inside)
		forks_inside--;
	else
		ds_lock_leave();
}

static void make_passive(uint32_t number)
{
	struct ds_map *m = ds_map_at(number);

	if (m && m->live)
		atomic_store(&m->passive, 1);
}

/*
 * The child shares queues and buffers with its parent, whose calls it cannot see: what it inherited
 * is opened at the first touch and never judged.
 */
static void in_child(void)
{
	ds_lock_after_fork();
	ds_stacks_after_fork();
	forks_inside = 0;
	ds_trap_after_fork();
	ds_map_after_fork();
	own_pid = DS_SYS(getpid);
	is_root = false;
	ds_recorder_after_fork();
	ds_shared_after_fork();
	ds_fd_mark_inherited();
	ds_fences_after_fork();
	for (uint32_t i = 1; ds_map_at(i); i++)
		make_passive(i);
}

/* ---- start ---- */

/* dmasan.<comm>.<pid> in the current directory; children find it in their environment. */
static int make_directory(void)
{
	char name[64], env[sizeof(ds_options.dir) + 512], comm[17] = "", *at = name;
	const char *old = getenv("DMASAN_OPTIONS");
	char *slash;
	long n;

	DS_SYS(prctl, PR_GET_NAME, comm);
	while ((slash = strchr(comm, '/')))
		*slash = '_';
	ds_put_text(&at, name + sizeof(name), "dmasan.");
	ds_put_text(&at, name + sizeof(name), comm);
	ds_put_text(&at, name + sizeof(name), ".");
	ds_put_number(&at, name + sizeof(name), (uint64_t)own_pid);
	n = DS_SYS(getcwd, ds_options.dir, sizeof(ds_options.dir) - sizeof(name) - 1);
	if (n < 0)
		return (int)n;
	at = ds_options.dir + strlen(ds_options.dir);
	ds_put_text(&at, ds_options.dir + sizeof(ds_options.dir), "/");
	ds_put_text(&at, ds_options.dir + sizeof(ds_options.dir), name);
	n = DS_SYS(mkdirat, AT_FDCWD, ds_options.dir, 0700);
	if (n)
		return (int)n;
	is_root = true;
	report_fd = (int)DS_SYS(fcntl, 2, F_DUPFD_CLOEXEC, 200);
	ds_sys_fstat(report_fd, &report_stat);
	at = env;
	ds_put_text(&at, env + sizeof(env), old ? old : "");
	ds_put_text(&at, env + sizeof(env), old && *old ? ":dir=" : "dir=");
	ds_put_text(&at, env + sizeof(env), ds_options.dir);
	return setenv("DMASAN_OPTIONS", env, 1) ? -ENOMEM : 0;
}

static int start(void)
{
	int r = *ds_options.dir ? 0 : make_directory();

	if (!r)
		r = ds_recorder_start(false);
	if (r)
		return r;
	if (ds_options.verbose)
		ds_say("recording into ", ds_options.dir, "");
	return 0;
}

__attribute__((constructor)) static void init(void)
{
	int saved = errno, r;

	ds_real_init();
	if (getauxval(AT_SECURE)) /* a set-user-id program: touch nothing, read nothing */
		return;
	own_pid = DS_SYS(getpid);
	ds_options_init();
	if (ds_real_converts)
		ds_options.guard = DS_GUARD_OFF;
	ds_unwind_init();
	r = start();
	if (r) {
		ds_say("not recording: cannot write ", ds_options.dir,
		       r == -EROFS    ? ": read-only file system"
		       : r == -ENOSPC ? ": no space left"
		       : r == -EACCES ? ": permission denied"
		       : r == -ENOENT ? ": no such directory"
		       : r == -EEXIST ? ": exists already"
				      : "");
		errno = saved;
		return;
	}
	ds_active = true;
	ds_shared_open();
	ds_trap_init();
	pthread_atfork(before_fork, in_parent, in_child);
	on_exit(at_exit, NULL);
	errno = saved;
}
