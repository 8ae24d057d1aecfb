/* SPDX-License-Identifier: MIT */
/* DMASAN_OPTIONS=a=1:b=2, one row of options.def each. */
#ifndef DS_PRELOAD_OPTIONS_H
#define DS_PRELOAD_OPTIONS_H

#include <stdbool.h>

enum ds_guard_mode { DS_GUARD_OFF, DS_GUARD_FIRST, DS_GUARD_EVERY };

struct ds_options {
	char dir[4096];
	int guard; /* enum ds_guard_mode */
	int observe;
	int watch;
	int frames;
	int report;
	int exitcode;
	int verbose;
	int help;
	int coherency; /* enum ds_policy */
	int seed;
	int fetch;
	char shadow[4096];
};
extern struct ds_options ds_options;

/* Parse the environment; unknown words are named on stderr and ignored. */
void ds_options_init(void);

#endif
