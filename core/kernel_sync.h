/* SPDX-License-Identifier: MIT */
/* Inside core: SYNC calls that the kernel saw and the library did not. */
#ifndef DS_CORE_KERNEL_SYNC_H
#define DS_CORE_KERNEL_SYNC_H

#include "core/run.h"

struct ds_unseen_sync {
	uint64_t ns, inode;
	uint32_t flags; /* of the call: 1 read, 2 write, 4 END */
	bool failed;
};

struct ds_unseen {
	struct ds_unseen_sync *sync; /* in order of time; owned */
	unsigned syncs;
	uint64_t total; /* more than `syncs` when there are too many to keep */
};

/* Compare the trace of a process with the recording; both are read and rewound.  0 or -errno. */
int ds_unseen_find(struct ds_run *run, uint32_t process, struct ds_unseen *ret);

#endif
