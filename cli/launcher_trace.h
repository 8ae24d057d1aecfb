/* SPDX-License-Identifier: MIT */
/* The launcher's own trace: what only the command knows, kept in the run directory. */
#ifndef DS_CLI_LAUNCHER_TRACE_H
#define DS_CLI_LAUNCHER_TRACE_H

#include "core/trace.h"

struct ds_launcher_trace {
	int fd; /* -1 = there is no trace */
	struct ds_trace_writer writer;
};

/* Create launcher.trace in a directory and write what is known before the start.  0 or -errno. */
int ds_launcher_trace_open(struct ds_launcher_trace *t, int dir, char **argv);

/* One more fact about the run, a META record. */
void ds_launcher_trace_say(struct ds_launcher_trace *t, const char *key, const char *value);

/* The program has started as process `child`. */
void ds_launcher_trace_child(struct ds_launcher_trace *t, int child);

/* What machine the program is shown. */
void ds_launcher_trace_coherency(struct ds_launcher_trace *t, const char *policy, const char *seed);

/* The program has ended (`status` as a shell sees it).  Closes the trace. */
void ds_launcher_trace_end(struct ds_launcher_trace *t, int status);

#endif
