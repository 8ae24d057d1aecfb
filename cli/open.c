/* SPDX-License-Identifier: MIT */
/* Opens run directories, with progress for long ones and clear words for bad ones. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "report/module_file.h"
#include "report/report.h"

#define NOTES_SHOWN 5

#define READING "reading the recording"

static const char *why(const char *dir, int error)
{
	struct stat st;

	if (error == -ENOENT && !stat(dir, &st))
		return "it holds no trace, so it is no run directory of dmasan";
	if (error == -EBADMSG)
		return "no trace in it can be read: not written by this dmasan, or cut off too "
		       "early";
	return strerror(-error);
}

static int open_directory(const char *dir, struct ds_run **ret_run)
{
	int r = ds_run_open(dir, ret_run);

	if (!r)
		return 0;
	ds_cli_error(NULL, "cannot read run directory '%s': %s", dir, why(dir, r));
	return DS_EXIT_FAILURE;
}

int ds_cli_open_events(const char *dir, struct ds_run **ret_run)
{
	int status;

	ds_progress_start(READING);
	status = open_directory(dir, ret_run);
	ds_progress_stop();
	return status;
}

static void show_notes(char *text)
{
	unsigned n = 0;

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"))
		if (++n <= NOTES_SHOWN)
			ds_cli_note("note: %s", line);
	if (n > NOTES_SHOWN)
		ds_cli_note("note: no symbols for %u more modules", n - NOTES_SHOWN);
}

int ds_cli_open_run(const char *dir, struct ds_run **ret_run)
{
	char *text = NULL;
	size_t size;
	FILE *notes = open_memstream(&text, &size);
	int status = DS_EXIT_FAILURE, r = -ENOMEM;

	ds_progress_start(READING);
	if (notes)
		status = open_directory(dir, ret_run);
	if (notes && !status)
		r = ds_report_prepare(*ret_run, notes);
	ds_progress_stop();
	if (notes)
		fclose(notes);
	if (!status && r) {
		ds_run_close(*ret_run);
		ds_cli_error(NULL, "cannot prepare the report of '%s': %s", dir, strerror(-r));
		status = DS_EXIT_FAILURE;
	}
	if (!status)
		show_notes(text);
	free(text);
	return status;
}

/* Every trace keeps a descriptor open; the usual limit of 1024 is soon reached by a test farm. */
static void allow_many_files(void)
{
	struct rlimit limit;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

struct ds_run *ds_cli_open_runs(char *const *dirs, int *ret_failed)
{
	struct ds_run *all = NULL, *run;

	*ret_failed = 0;
	allow_many_files();
	for (; *dirs; dirs++) {
		if (ds_cli_open_run(*dirs, &run)) {
			*ret_failed = DS_EXIT_FAILURE;
		} else if (!all) {
			all = run;
		} else if (ds_run_merge(all, run)) {
			ds_cli_error(NULL, "cannot add '%s' to the report: out of memory", *dirs);
			ds_run_close(run);
			*ret_failed = DS_EXIT_FAILURE;
		}
	}
	return all;
}

int ds_cli_sysroot(const char *command, const char *dir)
{
	int r = ds_module_add_root(dir);

	return r ? ds_cli_usage(command, "option '--sysroot': %s: %s", dir,
				r == -ENOSPC ? "too many" : strerror(-r))
		 : 0;
}
