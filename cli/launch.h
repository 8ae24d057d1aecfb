/* SPDX-License-Identifier: MIT */
/* Runs a program under libdmasan.so: what `run` and `record` share. */
#ifndef DS_CLI_LAUNCH_H
#define DS_CLI_LAUNCH_H

#include "cli/cli.h"
#include "core/coherency.h"

/* Is the kernel's side recorded, too? */
enum ds_launch_kernel {
	DS_KERNEL_NEVER,
	DS_KERNEL_MAY,	/* when it can be */
	DS_KERNEL_MUST, /* or the program does not run */
};

struct ds_launch {
	const char *command; /* for messages */
	const char *dir;     /* -o, NULL = the default name */
	const char *guard;   /* --guard, NULL = not given */
	bool observe;
	enum ds_launch_kernel kernel;
	enum ds_policy coherency;
	const char *seed; /* NULL = not given */
	char shadow[64];  /* directory in memory for coherency, "" = none */
	char **argv;	  /* of the program, ended by NULL */
};

/* rows for a table of long options, and lines for a help text */
/* clang-format off */
#define DS_LAUNCH_LONGS                                                                            \
	{"guard", required_argument, NULL, DS_OPT_GUARD},                                          \
	{"observe", no_argument, NULL, DS_OPT_OBSERVE},                                            \
	{"kernel", no_argument, NULL, DS_OPT_KERNEL},                                              \
	{"no-kernel", no_argument, NULL, DS_OPT_NO_KERNEL}
#define DS_LAUNCH_HELP                                                                             \
	"  -o DIR                 run directory, default dmasan.<program>.<pid> here\n"            \
	"  --guard MODE           trap accesses: off, first (default) of each window, every one\n" \
	"  --observe              trap the first access of legal windows too: slower, more rules\n" \
	"  --kernel               insist on recording the kernel's side, too, or do not run\n"     \
	"  --no-kernel            never do; default: when root and bpftrace are there\n"
/* clang-format on */

/* Take -o and the options above.  0, DS_EXIT_USAGE after a message, or -1 when it is not one. */
int ds_launch_option(struct ds_launch *l, int option, const char *value);

/*
 * Run the program to its end.  0 with its run directory (a new string) and its status as a shell
 * sees it, or dmasan's exit status after a message; the program has then not run.
 */
int ds_launch_run(struct ds_launch *l, char **ret_dir, int *ret_status);

/* Tell the user, once the program has ended, if it never loaded the library. */
void ds_launch_explain_unloaded(const struct ds_launch *l, const char *dir);

#endif
