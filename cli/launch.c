/* SPDX-License-Identifier: MIT */
/*
 * Runs a program under libdmasan.so.
 *
 * The child is forked before the run directory is made, because its number is part of the name; it
 * waits for one byte before it executes the program, so that a directory that cannot be made means
 * a program that never ran.
 */
#include "cli/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/kernel.h"
#include "cli/launcher_trace.h"
#include "cli/library.h"
#include "cli/shadow.h"
#include "cli/rundir.h"
#include "cli/wait.h"

struct child {
	pid_t pid;
	int go;	    /* written: one byte, then the program starts */
	int result; /* read: errno of an exec that failed, or nothing */
};

int ds_launch_option(struct ds_launch *l, int option, const char *value)
{
	switch (option) {
	case 'o':
		l->dir = value;
		return *value ? 0 : ds_cli_usage(l->command, "option '-o': no name");
	case DS_OPT_OBSERVE: l->observe = true; return 0;
	case DS_OPT_KERNEL: l->kernel = DS_KERNEL_MUST; return 0;
	case DS_OPT_NO_KERNEL: l->kernel = DS_KERNEL_NEVER; return 0;
	case DS_OPT_GUARD:
		l->guard = value;
		if (!strcmp(value, "off") || !strcmp(value, "first") || !strcmp(value, "every"))
			return 0;
		return ds_cli_usage(l->command,
				    "unknown guard mode '%s': the modes are off, first, every",
				    value);
	default: return -1;
	}
}

/* ---- the child ---- */

static int set_preload(const char *library)
{
	const char *old = getenv("LD_PRELOAD");
	char *value;
	int r;

	if (asprintf(&value, "%s%s%s", library, old && *old ? ":" : "", old ? old : "") < 0)
		return -1;
	r = setenv("LD_PRELOAD", value, 1);
	free(value);
	return r;
}

/* AddressSanitizer demands to be the first library; after us it works as well. */
static int set_asan(void)
{
	const char *old = getenv("ASAN_OPTIONS");
	char *value;
	int r;

	if (asprintf(&value, "verify_asan_link_order=0%s%s", old && *old ? ":" : "",
		     old ? old : "") < 0)
		return -1;
	r = setenv("ASAN_OPTIONS", value, 1);
	free(value);
	return r;
}

static int set_options(const struct ds_launch *l, const char *dir)
{
	const char *old = getenv("DMASAN_OPTIONS");
	char *value;
	int r;

	if (asprintf(&value, "%s%s%s%s%sdir=%s:report=0", old && *old ? old : "",
		     old && *old ? ":" : "", l->guard ? "guard=" : "", l->guard ? l->guard : "",
		     l->guard ? ":" : "", dir) < 0)
		return -1;
	if (l->coherency != DS_POLICY_REAL) {
		char *more;

		if (asprintf(&more, "%s:coherency=%s:seed=%s:shadow=%s", value,
			     ds_policy_name(l->coherency), ds_launch_seed(l), l->shadow) < 0)
			return -1;
		free(value);
		value = more;
	}
	if (l->observe) {
		char *more;

		if (asprintf(&more, "%s:observe=1", value) < 0)
			return -1;
		free(value);
		value = more;
	}
	r = setenv("DMASAN_OPTIONS", value, 1);
	free(value);
	return r;
}

/* Wait for the directory's name, then become the program. */
static void become(const struct ds_launch *l, const char *library, int go, int result,
		   const sigset_t *mask)
{
	char dir[4096];
	size_t n = 0;
	ssize_t got;
	int error;

	while (n < sizeof(dir) - 1 && (got = read(go, dir + n, sizeof(dir) - 1 - n)) > 0)
		n += (size_t)got;
	if (!n)
		_exit(DS_EXIT_FAILURE); /* the parent has said why */
	dir[n] = 0;
	if (!set_preload(library) && !set_asan() && !set_options(l, dir)) {
		sigprocmask(SIG_SETMASK, mask, NULL);
		execvp(l->argv[0], l->argv);
	}
	error = errno;
	(void)!write(result, &error, sizeof(error));
	_exit(DS_EXIT_CANNOT_RUN);
}

static int start(const struct ds_launch *l, const char *library, struct child *c,
		 const sigset_t *mask)
{
	int go[2] = {-1, -1}, result[2] = {-1, -1};

	if (!pipe2(go, O_CLOEXEC) && !pipe2(result, O_CLOEXEC))
		c->pid = fork();
	else
		c->pid = -1;
	if (c->pid < 0) {
		int r = -errno;

		ds_cli_error(NULL, "cannot start a process: %s", strerror(errno));
		for (int i = 0; i < 2; i++) {
			close(go[i]);
			close(result[i]);
		}
		return r;
	}
	if (!c->pid) {
		close(go[1]);
		become(l, library, go[0], result[1], mask);
	}
	close(go[0]);
	close(result[1]);
	c->go = go[1];
	c->result = result[0];
	return 0;
}

/* ---- the parent ---- */

static int cannot_run(const char *name, int error)
{
	ds_cli_error(NULL, "cannot run '%s': %s", name,
		     error == ENOENT ? "there is no such program" : strerror(error));
	return error == ENOENT ? DS_EXIT_NOT_FOUND : DS_EXIT_CANNOT_RUN;
}

/* The file was found, and executing it failed all the same. */
static int cannot_execute(const char *name, int error)
{
	ds_cli_error(NULL, "cannot run '%s': %s", name,
		     error == ENOENT ? "its interpreter does not exist" : strerror(error));
	return DS_EXIT_CANNOT_RUN;
}

/* Tell the child to go.  0, or the errno with which the program could not be executed. */
static int let_go(struct child *c, const char *dir)
{
	size_t n = strlen(dir);
	int error = 0;

	if (write(c->go, dir, n) != (ssize_t)n)
		error = EPIPE;
	close(c->go);
	c->go = -1;
	while (read(c->result, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	close(c->result);
	c->result = -1;
	return error;
}

static void give_up(struct child *c)
{
	if (c->go >= 0)
		close(c->go); /* the child reads nothing and ends */
	if (c->result >= 0)
		close(c->result);
	while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/*
 * Attach the kernel's side before the program starts.  0 with *ret (NULL: not recorded, which the
 * recording says), or DS_EXIT_FAILURE after a message when it was insisted on.
 */
static int start_kernel(const struct ds_launch *l, int dir, struct ds_kernel **ret)
{
	char why[512];
	int r;

	*ret = NULL;
	if (l->kernel == DS_KERNEL_NEVER)
		return 0;
	r = ds_kernel_start(dir, false, ret, why, sizeof(why));
	if (r && l->kernel == DS_KERNEL_MUST) {
		ds_cli_error("leave out --kernel to run without it",
			     "cannot record the kernel's side: %s", why);
		return DS_EXIT_FAILURE;
	}
	/* nobody asked for it: where it was never possible, the report is the place to say so */
	if (r && r != -ENOENT && r != -EACCES)
		ds_cli_note("the kernel's side is not recorded: %s", why);
	return 0;
}

static void stop_kernel(struct ds_kernel *k)
{
	struct ds_kernel_end end;

	if (!k)
		return;
	ds_kernel_stop(k, &end);
	if (!end.complete)
		ds_cli_note("bpftrace ended before the program did: the kernel's side is cut off");
}

static int supervise(const struct ds_launch *l, struct child *c, const sigset_t *mask,
		     struct ds_rundir *dir, int *ret_status)
{
	struct ds_launcher_trace trace;
	struct ds_kernel *kernel;
	int r = ds_launcher_trace_open(&trace, dir->fd, l->argv), error;

	if (r) {
		ds_cli_error("give another place with -o DIR",
			     "cannot write to run directory '%s': %s", dir->path, strerror(-r));
		give_up(c);
		return DS_EXIT_FAILURE;
	}
	if (l->kernel == DS_KERNEL_MUST)
		ds_launcher_trace_say(&trace, "kernel_asked", "1");
	ds_launcher_trace_child(&trace, (int)c->pid);
	if (l->coherency != DS_POLICY_REAL)
		ds_launcher_trace_coherency(&trace, ds_policy_name(l->coherency),
					    ds_launch_seed(l));
	if (start_kernel(l, dir->fd, &kernel)) {
		give_up(c);
		ds_launcher_trace_end(&trace, DS_EXIT_FAILURE);
		return DS_EXIT_FAILURE;
	}
	error = let_go(c, dir->path);
	if (error) {
		give_up(c);
		stop_kernel(kernel);
		ds_launcher_trace_end(&trace, DS_EXIT_CANNOT_RUN);
		return cannot_execute(l->argv[0], error);
	}
	*ret_status = ds_wait_program(c->pid, mask);
	stop_kernel(kernel);
	ds_launcher_trace_end(&trace, *ret_status);
	return 0;
}

static int launch(const struct ds_launch *l, const char *library, char **ret_dir, int *ret_status)
{
	struct ds_rundir dir = {.fd = -1};
	struct child child = {.go = -1, .result = -1};
	sigset_t mask;
	int r;

	ds_wait_block(&mask);
	r = start(l, library, &child, &mask) ? DS_EXIT_FAILURE : 0;
	if (!r && ds_rundir_open(&dir, l->dir, l->argv[0], child.pid)) {
		give_up(&child);
		r = DS_EXIT_FAILURE;
	} else if (!r) {
		r = supervise(l, &child, &mask, &dir, ret_status);
		if (r)
			ds_rundir_discard(&dir);
		else
			*ret_dir = strdup(dir.path);
		ds_rundir_close(&dir);
	}
	sigprocmask(SIG_SETMASK, &mask, NULL);
	return !r && !*ret_dir ? DS_EXIT_FAILURE : r;
}

/* It takes faults for itself, and replays them: what a trap does there has never been seen. */
static void mention_rr(void)
{
	if (getenv("RUNNING_UNDER_RR"))
		ds_cli_note("dmasan is not supported under rr: without page traps (--guard off) "
			    "the two are least in each other's way");
}

int ds_launch_run(struct ds_launch *l, char **ret_dir, int *ret_status)
{
	char *program = ds_program_find(l->argv[0]), *library;
	int r = l->coherency == DS_POLICY_REAL || !program ? 0 : ds_shadow_begin(l, program);

	*ret_dir = NULL;
	if (!program)
		return cannot_run(l->argv[0], errno);
	free(program);
	if (r)
		return r;
	mention_rr();
	library = ds_library_find();
	r = library ? launch(l, library, ret_dir, ret_status) : DS_EXIT_FAILURE;
	free(library);
	ds_shadow_end(l);
	return r;
}

void ds_launch_explain_unloaded(const struct ds_launch *l, const char *dir)
{
	char *path;
	const char *obstacle;

	if (ds_rundir_has_traces(dir))
		return;
	path = ds_program_find(l->argv[0]);
	obstacle = path ? ds_program_obstacle(path) : NULL;
	ds_cli_error(
		NULL, "nothing was observed: '%s' never loaded libdmasan.so: %s", l->argv[0],
		obstacle
			? obstacle
			: "statically linked, set-user-id, another architecture, or ended at once");
	free(path);
}
