/* SPDX-License-Identifier: MIT */
/* Where the files of a run's modules are: on this machine, or in copies of another one's file system. */
#ifndef DS_REPORT_MODULE_FILE_H
#define DS_REPORT_MODULE_FILE_H

#include <elfutils/libdwfl.h>
#include <stdio.h>

#include "core/run.h"

/*
 * Look below `dir`, too, before this machine's own files, as `--sysroot` asks; the first one added
 * comes first.  `dir` is kept.  0, or -errno when it is no directory or one too many (-ENOSPC).
 */
int ds_module_add_root(const char *dir);

/*
 * The module of a frame: the separate debug information or the file itself, only with the build-id
 * that the trace saw.  NULL, and a line in `notes` (may be NULL) why there is none.
 */
Dwfl_Module *ds_module_open(Dwfl *dwfl, const struct ds_frame *f, FILE *notes);

#endif
