/* SPDX-License-Identifier: MIT */
/* Names for the frames of a run: function, source file and line, from the modules' files. */
#ifndef DS_REPORT_SYMBOLIZE_H
#define DS_REPORT_SYMBOLIZE_H

#include <stdio.h>

#include "core/run.h"

/*
 * Resolve every frame of every finding that has no name yet.  A module is read only if its file has
 * the build-id that the trace saw; its frames otherwise stay module and offset, and one line in
 * `notes` (may be NULL) says so.  Modules are opened one at a time and never loaded.
 * 0 or -ENOMEM.
 */
int ds_symbols_resolve(struct ds_run *run, FILE *notes);

/* The same for the frames of any places. */
int ds_symbols_resolve_sites(struct ds_site *const *site, size_t n, FILE *notes);

/*
 * "ns::Class::method" of a C++ or Rust symbol of the Itanium kind, without parameters and with
 * <...> for template arguments; a copy of the symbol when it is something else.  NULL without
 * memory.
 */
char *ds_symbol_demangle(const char *symbol);

#endif
