/* SPDX-License-Identifier: MIT */
/* dmasan record --system: the kernel's side alone. */
#ifndef DS_CLI_RECORD_SYSTEM_H
#define DS_CLI_RECORD_SYSTEM_H

/*
 * Record every DMA buffer of the system into the run directory `wanted` for `seconds` (0 = until
 * SIGINT or SIGTERM).  0, or DS_EXIT_FAILURE after a message.
 */
int ds_record_system(const char *wanted, unsigned seconds);

#endif
