/* SPDX-License-Identifier: MIT */
/* Puts the probes that this kernel has together to one bpftrace program. */
#ifndef DS_CLI_PROBES_H
#define DS_CLI_PROBES_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Write the blocks of `folder` that this kernel can carry to `program`, and one line for each block
 * to `report`: "A <block>" when it is in, "M <block> <why>" when it is missing.  Bulk blocks (every
 * page that any driver maps) only with `bulk`.  Number of blocks, or -errno: -EPERM when the kernel
 * does not show its functions.
 */
int ds_probes_assemble(const char *folder, bool bulk, FILE *program, FILE *report);

#endif
