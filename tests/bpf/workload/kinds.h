/* SPDX-License-Identifier: MIT */
/* The kinds of operations that the workload can make, and what they share. */
#ifndef DS_TEST_WORKLOAD_KINDS_H
#define DS_TEST_WORKLOAD_KINDS_H

#include "common.h"
#include "vgem.h"

/* how often */
extern unsigned int count;

/* One life of a buffer: START and END once each through a descriptor that is mapped; closes it. */
void live_once(int fd, size_t size);

/* A handle of the card for the buffer, and its end. */
uint32_t import(int card, int fd);
void forget(int card, uint32_t handle);

/* Each kind: its name on the command line, and its function do_... */
/* clang-format off */
#define WORKLOAD_KINDS(KIND)                         \
	KIND("heap", heap) \
	KIND("udmabuf", udmabuf) \
	KIND("hold", hold) \
	KIND("vb2", vb2) \
	KIND("import", import) \
	KIND("sync", sync) \
	KIND("fence", fence) \
	KIND("vmap", vmap) \
	KIND("contig", contig) \
	KIND("early", early) \
	KIND("poll", poll) \
	KIND("syncfile", syncfile) \
	KIND("waited", waited) \
	KIND("serve", serve) \
	KIND("send", send) \
	KIND("stream", stream) \
	KIND("forge", forge) \
	KIND("raw", raw) \
	KIND("bare", bare) \
	KIND("krn04-queue", krn04_queue) \
	KIND("krn04-queue-twin", krn04_queue_twin) \
	KIND("adv04", adv04) \
	KIND("adv04-twin", adv04_twin)
/* clang-format on */

#define DECLARE(name, function) void do_##function(void);
WORKLOAD_KINDS(DECLARE)

#endif
