/* SPDX-License-Identifier: MIT */
/* Where the bpftrace programs are, and whether bpftrace can run here. */
#ifndef DS_CLI_BPF_H
#define DS_CLI_BPF_H

#include <stddef.h>

/*
 * Folder bpf/<name> ("tools", "probes"): $DMASAN_BPF, the repository that this command was built in,
 * or PREFIX/share/dmasan/bpf.  A new string, or NULL when there is none.
 */
char *ds_bpf_folder(const char *name);

/*
 * 0 with the path of bpftrace as a new string, or the reason why it cannot run here in `why` and
 * -ENOENT not installed, -EACCES no root, -EPERM the kernel forbids it.
 */
int ds_bpf_program(char **ret, char *why, size_t size);

#endif
