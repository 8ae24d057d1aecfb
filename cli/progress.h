/* SPDX-License-Identifier: MIT */
/* A line on the terminal for what takes longer than a second. */
#ifndef DS_CLI_PROGRESS_H
#define DS_CLI_PROGRESS_H

/* Show `what` with the seconds that have passed, from the first second on; only on a terminal.  `what` must stay valid. */
void ds_progress_start(const char *what);

/* Wipe the line.  Does nothing when none was started. */
void ds_progress_stop(void);

#endif
