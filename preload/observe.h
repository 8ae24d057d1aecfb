/* SPDX-License-Identifier: MIT */
/* observe=1, and memory that is gone: what the trap handler sees besides forbidden accesses. */
#ifndef DS_PRELOAD_OBSERVE_H
#define DS_PRELOAD_OBSERVE_H

#include "preload/arch/arch.h"
#include "preload/state.h"

/*
 * The protection of a mapping that may show `prot`, when legal windows stay closed until their
 * first read and their first write (observe=1); `prot` itself otherwise.
 */
int ds_observe_prot(const struct ds_map *m, int prot);

/*
 * A fault in a legal window: record the first read and the first write, open what is needed.  False
 * when ownership forbids the access, or nothing is observed.  Safe in a handler.
 */
bool ds_observe_fault(struct ds_map *m, uintptr_t addr, enum ds_fault fault, const ucontext_t *uc);

/* Does the first use of this right in the window still have to be recorded?  Marks it as seen. */
bool ds_observe_first(struct ds_map *m, unsigned op);

/* munmap() took the range away: an access to it will crash, and can be explained.  Lock held. */
void ds_gone_add(uintptr_t addr, size_t len);

/* Something else is mapped there now.  Lock held. */
void ds_gone_forget(uintptr_t addr, size_t len);

/* Record the access if the address was a buffer once.  Safe in a handler. */
void ds_gone_fault(uintptr_t addr, enum ds_fault fault, const ucontext_t *uc);

#endif
