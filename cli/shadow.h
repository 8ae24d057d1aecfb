/* SPDX-License-Identifier: MIT */
/* The directory in memory that holds the shadows of a run (run --coherency). */
#ifndef DS_CLI_SHADOW_H
#define DS_CLI_SHADOW_H

#include "cli/launch.h"

/* Make it.  0, or DS_EXIT_FAILURE after saying why the program cannot be shown another machine. */
int ds_shadow_begin(struct ds_launch *l, const char *program);

/* Remove it with what is in it. */
void ds_shadow_end(struct ds_launch *l);

/* The seed as text, the default without one. */
const char *ds_launch_seed(const struct ds_launch *l);

#endif
