/* SPDX-License-Identifier: MIT */
/* Where libdmasan.so is, and why a program may not have loaded it. */
#ifndef DS_CLI_LIBRARY_H
#define DS_CLI_LIBRARY_H

/*
 * Path of the library: $DMASAN_LIBRARY, or beside this command.  A new string, or NULL after a
 * message (not found, or a path that LD_PRELOAD cannot carry).
 */
char *ds_library_find(void);

/* The file that executing `name` would run, as a new string.  NULL with errno. */
char *ds_program_find(const char *name);

/* Why the dynamic linker would not load the library into this program, or NULL when it would. */
const char *ds_program_obstacle(const char *path);

#endif
