/* SPDX-License-Identifier: MIT */
/*
 * System calls of the library itself: raw, async-signal-safe, errno untouched, invisible to other
 * preloads.  Calls of the *program* never come this way: they go to the next library (real.h).
 */
#ifndef DS_PRELOAD_SYS_H
#define DS_PRELOAD_SYS_H

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "preload/arch/arch.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* <asm-generic/mman-common.h>, 5.14 */
#endif

#define DS_SYS(n, ...) ds_sys_pick(SYS_##n, ##__VA_ARGS__, 0, 0, 0, 0, 0, 0)
#define ds_sys_pick(n, a, b, c, d, e, f, ...) \
	ds_arch_syscall(n, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

static inline int ds_sys_fstat(int fd, struct stat *st)
{
	return (int)DS_SYS(fstat, fd, st);
}

static inline int ds_sys_mprotect(uintptr_t addr, size_t len, int prot)
{
	return (int)DS_SYS(mprotect, addr, len, prot);
}

static inline int ds_sys_open(const char *path, int flags, int mode)
{
	return (int)DS_SYS(openat, AT_FDCWD, path, flags, mode);
}

static inline long ds_sys_read(int fd, void *buf, size_t n)
{
	return DS_SYS(read, fd, buf, n);
}

static inline long ds_sys_write(int fd, const void *buf, size_t n)
{
	return DS_SYS(write, fd, buf, n);
}

static inline void ds_sys_close(int fd)
{
	(void)DS_SYS(close, fd);
}

/* Zeroed pages for ever; NULL without memory. */
static inline void *ds_sys_pages(size_t bytes)
{
	long p = DS_SYS(mmap, 0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p < 0 && p > -4096 ? NULL : (void *)p;
}

/*
 * Keep the program's handlers away for a moment: one that left by siglongjmp() would take a lock with
 * it.  What the library takes itself still arrives.  To be undone with what this returns.
 */
static inline uint64_t ds_sys_shut(void)
{
	const uint64_t faults =
		1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) | 1ull << (SIGTRAP - 1);
	const uint64_t block = ~faults;
	uint64_t was = 0;

	DS_SYS(rt_sigprocmask, SIG_BLOCK, &block, &was, sizeof(was));
	return was;
}

static inline void ds_sys_reopen(uint64_t was)
{
	DS_SYS(rt_sigprocmask, SIG_SETMASK, &was, NULL, sizeof(was));
}

/* First line of stderr output of its own: one write, nothing allocated. */
void ds_say(const char *text, const char *detail, const char *end);

#endif
