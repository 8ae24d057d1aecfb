/* SPDX-License-Identifier: MIT */
/* What differs by CPU: raw system calls, fault decoding, single step. */
#ifndef DS_PRELOAD_ARCH_H
#define DS_PRELOAD_ARCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <ucontext.h>

enum ds_fault { DS_FAULT_READ, DS_FAULT_WRITE, DS_FAULT_EXEC, DS_FAULT_UNKNOWN };

/* The system call itself, no libc between: result or -errno, errno untouched. */
long ds_arch_syscall(long number, long a, long b, long c, long d, long e, long f);

/* In a loop that looks at memory of another processor: the cache line is left to who writes it. */
void ds_arch_pause(void);

/* What the instruction that raised SIGSEGV was doing. */
enum ds_fault ds_arch_fault(const ucontext_t *uc);

/* Can one instruction be stepped from user space? */
bool ds_arch_can_step(void);

/*
 * Read one byte: 1, or 0 where that raises a signal.  The handler of that signal asks
 * ds_arch_probe_failed() with its context, which then goes on at the 0.
 */
int ds_arch_probe(const void *p);
bool ds_arch_probe_failed(ucontext_t *uc);

/* Turn single stepping of the interrupted context on or off. */
void ds_arch_set_step(ucontext_t *uc, bool on);

/*
 * vfork() itself is defined there: it sets ds_pid_unsure and jumps on to this function, because the
 * child returns through the caller's stack frame before the parent does.
 */
extern int (*ds_arch_vfork_next)(void);

/*
 * Thread-local storage for a thread that the C library knows nothing of: how many bytes lie between
 * the thread pointer and the variables of this library and of errno, and a thread pointer for
 * zeroed memory of at least so many.
 */
size_t ds_arch_tls_bytes(void);
void *ds_arch_tls_make(void *memory, size_t bytes);

/*
 * Where a signal handler returns to: rt_sigreturn.  NULL where the kernel brings its own code.  The
 * flag in sa_flags says that there is one.
 */
#define DS_SA_RESTORER 0x04000000
extern void (*const ds_arch_restorer)(void);

/* Program counter and stack pointer of the interrupted context. */
uint64_t ds_arch_pc(const ucontext_t *uc);
uintptr_t ds_arch_sp(const ucontext_t *uc);

/*
 * Does this thread keep its return addresses a second time, out of our reach (x86 CET, arm64 GCS)?
 * Then no frame may be left by a jump: the two next functions must not be called.
 */
bool ds_arch_shadow_stack(void);

/*
 * From inside a handler whose frame the kernel made (`info`, `uc`): run another handler on that
 * same frame, as if the kernel had called it; or give the handler up and go back to the context.
 * `trampoline` is the kernel's return address of our handler.
 */
__attribute__((noreturn)) void ds_arch_deliver(void *handler, int sig, siginfo_t *info,
					       ucontext_t *uc, void *trampoline);
__attribute__((noreturn)) void ds_arch_return(ucontext_t *uc);

/* Copy the frame to the interrupted stack; `info` and `uc` then name the copy. */
void ds_arch_move_frame(siginfo_t **info, ucontext_t **uc);

/* Call fn(arg) on another stack, whose highest address is `top` (16-byte aligned). */
void ds_arch_on_stack(void *top, void (*fn)(void *arg), void *arg);

extern const char ds_arch_name[];

#endif
