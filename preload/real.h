/* SPDX-License-Identifier: MIT */
/* The next library's functions, and the prototypes of everything that libc.def overrides. */
#ifndef DS_PRELOAD_REAL_H
#define DS_PRELOAD_REAL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <aio.h>
#include <fcntl.h>
#include <mqueue.h>
#include <sched.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <unistd.h>

#define DS_EXPORT      __attribute__((visibility("default")))
#define DS_LIKELY(x)   __builtin_expect(!!(x), 1)
#define DS_UNLIKELY(x) __builtin_expect(!!(x), 0)

/* <stdio.h> has macros of these names */
#undef fread_unlocked
#undef fwrite_unlocked

struct ds_real {
#define FN(ret, name, params)				      ret(*name) params;
#define IO(ret, name, params, args, op, pointer, bytes, unit) ret(*name) params;
#define IOV(ret, name, params, args, op, vector, count)	      ret(*name) params;
#define MSG(ret, name, params, args, op, vector, count)	      ret(*name) params;
#include "preload/libc.def"
#undef FN
#undef IO
#undef IOV
#undef MSG
};
extern struct ds_real ds_real;
extern _Bool ds_real_ready;

/*
 * libv4l2's v4l2convert.so stands between us and libc.  It makes its system calls by syscall(2), which
 * must not come back to it through us; and what it hands out is memory of its own, which it fills
 * itself, so that nothing can be said about accesses: guard=off.
 */
extern _Bool ds_real_converts;

/* Resolve everything once; safe to call early and again. */
void ds_real_init(void);

#define DS_REAL_INIT()                           \
	do {                                     \
		if (DS_UNLIKELY(!ds_real_ready)) \
			ds_real_init();          \
	} while (0)

#endif
