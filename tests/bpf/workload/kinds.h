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

void do_heap(void);
void do_udmabuf(void);
void do_hold(void);
void do_vb2(void);
void do_import(void);
void do_sync(void);
void do_fence(void);
void do_vmap(void);
void do_contig(void);
void do_early(void);
void do_poll(void);
void do_syncfile(void);
void do_waited(void);
void do_serve(void);
void do_send(void);
void do_stream(void);
void do_forge(void);
void do_raw(void);
void do_bare(void);
void do_krn04_queue(void);
void do_krn04_queue_twin(void);
void do_adv04(void);
void do_adv04_twin(void);

#endif
