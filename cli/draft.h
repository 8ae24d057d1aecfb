/* SPDX-License-Identifier: MIT */
/* Files that appear whole or not at all. */
#ifndef DS_CLI_DRAFT_H
#define DS_CLI_DRAFT_H

#include <stdio.h>

/* A file on its way; without a temporary name the place itself is written (a device). */
struct ds_draft {
	char *place, *temporary;
	FILE *out;
};

/* Start a file for `path`; ds_draft_finish() follows in any case.  0 or -errno. */
int ds_draft_open(struct ds_draft *d, const char *path);

/* Put the draft in its place, or drop it when something went wrong.  Returns the first error. */
int ds_draft_finish(struct ds_draft *d, int error);

#endif
