/* SPDX-License-Identifier: MIT */
/* The one place of a finding that a reviewer is shown, and the one sentence that says it. */
#ifndef DS_REPORT_PLACE_H
#define DS_REPORT_PLACE_H

#include <stdio.h>

#include "core/run.h"

/*
 * The frame of a stack that is shown: the innermost one with a source file that is not the C
 * library's, else the innermost that is not the C library's, else the innermost.  NULL for an empty
 * stack.
 */
const struct ds_frame *ds_place_frame(const struct ds_stack *stack);

/* The stack that shows where a finding is: the access, or the earlier event when that has none. */
const struct ds_stack *ds_place_stack(const struct ds_finding *f);

/* The source file of a frame as an absolute path, new; NULL without one or when its directory is not known. */
char *ds_place_path(const struct ds_frame *f);

/*
 * The source file of a frame relative to `root` (absolute, may be NULL), without "." and "..": a
 * new string, or NULL when the frame has no source file or it lies elsewhere.
 */
char *ds_place_relative(const struct ds_frame *f, const char *root);

/* "file" or "file:///..." as a URI: everything but the plain characters as %XX.  New, or NULL. */
char *ds_place_uri(const char *path);

/*
 * What happened, in one line for people: rule, access, buffer, function, earlier event.  Harmless
 * text, long names cut.  New, or NULL without memory.
 */
char *ds_place_sentence(const struct ds_run *run, const struct ds_finding *f);

/* As ds_text_put(), at most `max` bytes of the original, "..." when something was left out. */
void ds_place_put(FILE *out, const char *s, size_t max);

#endif
