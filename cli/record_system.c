/* SPDX-License-Identifier: MIT */
/* dmasan record --system: a run directory without a program, the kernel's side alone. */
#include "cli/record_system.h"

#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/kernel.h"
#include "cli/launcher_trace.h"
#include "cli/rundir.h"
#include "cli/wait.h"

static int record(const char *path, int dir, unsigned seconds)
{
	struct ds_kernel_end end;
	struct ds_kernel *kernel;
	sigset_t old;
	char why[512];
	int r;

	ds_wait_block(&old); /* a signal ends the recording, not this process */
	r = ds_kernel_start(dir, false, &kernel, why, sizeof(why));
	if (r) {
		sigprocmask(SIG_SETMASK, &old, NULL);
		ds_cli_error(NULL, "cannot record the kernel's side: %s", why);
		return DS_EXIT_FAILURE;
	}
	ds_cli_note("recording the whole system; %s",
		    seconds ? "it ends by itself" : "Ctrl-C ends it");
	ds_kernel_watch(kernel, seconds);
	ds_kernel_stop(kernel, &end);
	if (!end.complete)
		ds_cli_note("bpftrace ended early: the recording is cut off");
	if (end.lost)
		ds_cli_note("%llu events were lost", (unsigned long long)end.lost);
	ds_cli_note("recorded %llu events in %s", (unsigned long long)end.events, path);
	return 0;
}

int ds_record_system(const char *wanted, unsigned seconds)
{
	char word[] = "(system)", *argv[] = {word, NULL};
	struct ds_launcher_trace trace;
	struct ds_rundir dir;
	int r;

	if (ds_rundir_open(&dir, wanted, "system", getpid()))
		return DS_EXIT_FAILURE;
	r = ds_launcher_trace_open(&trace, dir.fd, argv);
	if (r) {
		ds_cli_error("give another place with -o DIR",
			     "cannot write to run directory '%s': %s", dir.path, strerror(-r));
		ds_rundir_discard(&dir);
		return DS_EXIT_FAILURE;
	}
	ds_launcher_trace_say(&trace, "recording", "system");
	ds_launcher_trace_say(&trace, "kernel_asked", "1");
	r = record(dir.path, dir.fd, seconds);
	ds_launcher_trace_end(&trace, r);
	if (r)
		ds_rundir_discard(&dir);
	ds_rundir_close(&dir);
	return r;
}
