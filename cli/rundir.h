/* SPDX-License-Identifier: MIT */
/* The run directory: made, or emptied of dmasan's own files, and never anything else. */
#ifndef DS_CLI_RUNDIR_H
#define DS_CLI_RUNDIR_H

#include <stdbool.h>
#include <sys/types.h>

struct ds_rundir {
	char *path; /* absolute */
	int fd;
	bool made; /* by us, in this run */
};

/*
 * Make the directory `wanted`, or dmasan.<comm>.<pid> in the current directory when it is NULL.
 * A directory that exists must be empty or hold dmasan's files alone, which are then removed;
 * a link is not followed.  0, or -errno after a message.
 */
int ds_rundir_open(struct ds_rundir *d, const char *wanted, const char *program, pid_t pid);

/* Remove the directory again: the program never ran. */
void ds_rundir_discard(struct ds_rundir *d);

/* Remove a run directory that the caller made, with dmasan's files in it. */
void ds_rundir_remove(const char *path);

void ds_rundir_close(struct ds_rundir *d);

/* Has any process left a trace (besides the launcher)? */
bool ds_rundir_has_traces(const char *path);

#endif
