/* SPDX-License-Identifier: MIT */
/*
 * Programs whose every printed line must be the same with and without dmasan.  `PROGRAM` runs all
 * cases, each in a process of its own; `PROGRAM CASE` one of them.
 */
#ifndef DS_HARMLESS_CASE_H
#define DS_HARMLESS_CASE_H

#include <errno.h>
#include <fcntl.h>
#include <linux/dma-heap.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#define BUFFER_PAGES 64

struct test_case {
	const char *name;
	void (*run)(void);
};

extern const struct test_case cases[];

/* What a case finds out, one line on stdout, straight to the descriptor. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/*
 * Touch memory that dmasan guards: each call a page that was not touched before.  Where there is no
 * dma-heap it is plain memory, and nothing traps.
 */
void touch(void);
char *touch_page(void); /* the next such page, untouched */

/* A new buffer of BUFFER_PAGES pages, from a dma-heap or from udmabuf; -1 without either. */
int buffer_descriptor(void);

/* The same, mapped; its descriptor is closed.  MAP_FAILED without either. */
char *new_buffer(void);

/* How a process ended, in words that do not change from run to run. */
void say_status(const char *what, int status);

/* Run fn in a child process and say how it ended. */
void in_child(const char *what, void (*fn)(void));

/* A page that nothing may touch. */
char *forbidden_page(void);

/* Mask of the calling thread, as 64 hexadecimal bits. */
unsigned long long mask_now(void);

#endif
