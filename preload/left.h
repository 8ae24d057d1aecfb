/* SPDX-License-Identifier: MIT */
/*
 * Sections of the lock that were left for good.
 *
 * A handler of the program that interrupts a section may leave it by siglongjmp(), or end its thread
 * there: nobody gives the lock back then.  What tells is the stack: as long as a section goes on, a
 * frame of the library is on it.  A thread that comes again looks itself.  One that never does, since
 * it waits or computes, is asked by those who wait for the lock: by a signal that the library has
 * taken anyway, whose handler looks at the stack that it interrupts.  What this cannot know stands in
 * docs/limits.md.
 */
#ifndef DS_PRELOAD_LEFT_H
#define DS_PRELOAD_LEFT_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <ucontext.h>

/*
 * The owner of the lock, which it took in the frame `taken`, comes again in the frame `here`: has it
 * left that section?  When nobody can know, no.
 */
bool ds_left(uintptr_t taken, uintptr_t here);

/* Ask the thread.  0, or -ESRCH: it has ended; -EAGAIN: it cannot be asked now. */
int ds_left_ask(uint32_t tid);

/* Is this signal such a question?  Then the answer, in the thread that was asked. */
bool ds_left_is_question(const siginfo_t *info);
void ds_left_answer(const ucontext_t *uc);

#endif
