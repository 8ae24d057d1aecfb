/* SPDX-License-Identifier: MIT */
/* Events of this process into its trace file. */
#ifndef DS_PRELOAD_RECORDER_H
#define DS_PRELOAD_RECORDER_H

#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

#include "core/event.h"

/* Open the trace of this process image in the run directory.  0 or -errno; nothing is printed. */
int ds_recorder_start(bool forked);

/* In the child of a fork: the parent's trace is not ours; a new one is opened at the first event. */
void ds_recorder_after_fork(void);

/* May something be recorded now?  The first question of a forked child starts its trace. */
bool ds_recorder_ready(void);

/* Is there a trace to write to right now (a forked child has none before its first event)? */
bool ds_recorder_running(void);

/* The process ends: the trace is complete. */
void ds_recorder_end(void);

/*
 * Record one event; time and thread are filled in.  Returns its slot, 0 when lost.  Safe in a
 * handler.  Without a trace nothing happens.
 */
uint32_t ds_emit_event(struct ds_event *ev);
#define ds_emit(...) ds_emit_event(&(__VA_ARGS__))

/* Was anything recorded besides the description of the process? */
bool ds_recorder_used(void);

/* May another process that shares our memory write to the trace, and make it grow? */
bool ds_recorder_within_reach(void);

/* Slot of a string in this trace; written at the first use of each distinct text. */
uint32_t ds_text(const char *text);

/* Slot of the stack of the caller of the library, or of an interrupted context.  0 = none. */
uint32_t ds_stack_here(void);
/* The same, for a wrapper right below the program's call. */
uint32_t ds_stack_of_call(void);
/*
 * Unwinding is most of what a hand-over costs: a call takes its stack early, before the lock and few
 * frames deep, and what runs under the lock then finds it.  `slot` 0 ends that.  Lock held.
 */
void ds_stack_use(uint32_t slot);
uint32_t ds_stack_of(const ucontext_t *uc);

/* The interrupted instruction alone: where there is no room to unwind. */
uint32_t ds_stack_pc(const ucontext_t *uc);
/* ds_unwind_ours(), and negative while a fork goes on. */
int ds_stack_ours(const ucontext_t *uc, bool in_call);

/*
 * SIGBUS at an address of the trace (the file was cut, its disk is gone): memory takes its place and
 * recording ends.  False when the address is not the trace's.  Safe in a handler.
 */
bool ds_recorder_mend(uintptr_t addr);

/* A call could not be followed: taints the verdict. */
void ds_note_missed(enum ds_missed reason, uint32_t name);

/* ---- pieces of the recorder ---- */

/* A record with a payload; time and thread are filled in.  Its slot, 0 when lost. */
uint32_t ds_recorder_put(struct ds_event *head, const void *payload, size_t bytes);

/* Slots found earlier belong to the trace file of their epoch; a forked child begins another. */
uint32_t ds_recorder_epoch(void);

/*
 * Around a fork, with the lock held: no thread has a lock of the unwinder's while the process is
 * copied.  A thread that unwinds meanwhile waits, a trap for at most 0.2 seconds.
 */
void ds_stacks_before_fork(void);
void ds_stacks_in_parent(void);
void ds_stacks_after_fork(void);

/* Is this the child of a fork that could not wait so long?  No stack is taken, and no module asked for. */
bool ds_stacks_shut(void);

#define DS_OWN_FRAMES 12 /* frames of the library itself, at most */

/* Write MODULE records for what was loaded since the last time. */
void ds_modules_update(void);
void ds_modules_reset(void);
/* Say once whether the program has libraries that cannot be followed. */
void ds_modules_note_namespaces(void);

/* Find libunwind; remember which addresses are ours. */
void ds_unwind_init(void);
bool ds_unwind_works(void);
/*
 * libunwind finds out whether an address can be read by writing from it into a pipe of its own.  In
 * the program's descriptor table that pipe would shift numbers, and be closed and replaced by a file
 * of the program's, into which libunwind would then write.  So it gets these numbers instead of a
 * pipe, and what it does with them is answered without one (hooks_unwind.c).
 */
#define DS_UNWIND_READ	(-0x64530)
#define DS_UNWIND_WRITE (-0x64531)
bool ds_unwind_calls(const void *return_address);
/* read(2) from the first, which is always empty. */
long ds_unwind_read(void);
/* Path of this library's own file; false when the loader does not say. */
bool ds_own_path(char *buf, unsigned long size);
/*
 * Raw return addresses of the calling thread into an array of room + own words: *ret_own of the
 * library itself, then the program's, whose number is returned (at most `room`).  More than `own`
 * of the library's cost frames at the far end.
 */
int ds_unwind_here(uint64_t *ret, int room, int own, int *ret_own);
int ds_unwind_context(const ucontext_t *uc, uint64_t *ret, int room);
/*
 * Is a frame of this library on the stack of `uc`?  1, 0, or negative when the walk did not come to the
 * stack's end.  `in_call`: beside those of the call that is going on, in which `uc` was taken.
 */
int ds_unwind_ours(const ucontext_t *uc, bool in_call);

#endif
