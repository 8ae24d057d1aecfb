/* SPDX-License-Identifier: MIT */
/* What all commands share: exit statuses, messages, options. */
#ifndef DS_CLI_CLI_H
#define DS_CLI_CLI_H

#include <getopt.h>
#include <stdbool.h>

#include "core/run.h"

enum {
	DS_EXIT_USAGE = 2,
	DS_EXIT_FINDINGS = 66, /* unless --error-exitcode says otherwise */
	DS_EXIT_TAINTED = 67,
	DS_EXIT_FAILURE = 70, /* dmasan itself could not do its work */
	DS_EXIT_CANNOT_RUN = 126,
	DS_EXIT_NOT_FOUND = 127,
};

/* Every command takes its own argv (argv[0] = its name) and returns an exit status. */
#define COMMAND(name, help) int ds_cmd_##name(int argc, char **argv);
#include "cli/commands.def"
#undef COMMAND

/* Values of options without a letter, shared so that tables can be joined. */
enum ds_option {
	DS_OPT_KERNEL = 256,
	DS_OPT_NO_KERNEL,
	DS_OPT_SYSTEM,
	DS_OPT_DURATION,
	DS_OPT_COHERENCY,
	DS_OPT_SEED,
	DS_OPT_GUARD,
	DS_OPT_OBSERVE,
	DS_OPT_STRICT,
	DS_OPT_FAIL_ON,
	DS_OPT_ERROR_EXITCODE,
	DS_OPT_FORMAT,
	DS_OPT_MAX,
	DS_OPT_BUFFER,
	DS_OPT_JSON,
	DS_OPT_SUPPRESSIONS,
	DS_OPT_REQUIRE_REASONS,
	DS_OPT_GEN_SUPPRESSIONS,
	DS_OPT_BASELINE,
	DS_OPT_WRITE_BASELINE,
	DS_OPT_WITH_SOURCE,
	DS_OPT_SYSROOT,
};

/* Print "dmasan: <what>: <why>[; <fix>]" on stderr, made harmless.  Always one line. */
__attribute__((format(printf, 2, 3))) void ds_cli_error(const char *fix, const char *format, ...);

/* Print "dmasan: <text>" on stderr: what the user is told without being in trouble. */
__attribute__((format(printf, 1, 2))) void ds_cli_note(const char *format, ...);

/* Report wrong usage of a command and return DS_EXIT_USAGE. */
__attribute__((format(printf, 2, 3))) int ds_cli_usage(const char *command, const char *format,
						       ...);

/* Report what getopt_long() returned as '?' or ':' and return DS_EXIT_USAGE. */
int ds_cli_bad_option(const char *command, int c, char **argv, const char *shorts,
		      const struct option *longs);

/* --sysroot: where a report looks for another machine's files.  0, or DS_EXIT_USAGE after a message. */
int ds_cli_sysroot(const char *command, const char *dir);

/* Print a help text; returns 0. */
int ds_cli_help(const char *text);

/* A whole number in [min, max]; false when `text` is something else. */
bool ds_cli_number(const char *text, unsigned long min, unsigned long max, unsigned long *ret);

/*
 * From now on a reader that closes stdout early is an error of write(2), not a signal; with
 * `may_leave` (for what only prints: | head) it is no error at all.
 */
void ds_cli_ignore_sigpipe(bool may_leave);

/*
 * Open and analyse a run directory and resolve its symbols, with a line of progress on a terminal.
 * 0 with *ret_run, or DS_EXIT_FAILURE after a message.
 */
int ds_cli_open_run(const char *dir, struct ds_run **ret_run);

/*
 * Open run directories and merge them into one result.  Those that cannot be read are told and
 * make *ret_failed DS_EXIT_FAILURE; NULL when there is none left.
 */
struct ds_run *ds_cli_open_runs(char *const *dirs, int *ret_failed);

/* As ds_cli_open_run() without symbols and tokens, for commands that show events. */
int ds_cli_open_events(const char *dir, struct ds_run **ret_run);

#endif
