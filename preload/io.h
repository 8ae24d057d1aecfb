/* SPDX-License-Identifier: MIT */
/*
 * Accesses that the kernel makes on the program's behalf: read(2) into a guarded buffer would fail
 * with EFAULT where it succeeds without us.  The range is opened for the call, and the access is
 * recorded when the call has really moved bytes.
 */
#ifndef DS_PRELOAD_IO_H
#define DS_PRELOAD_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define DS_IO_PINS 32

struct ds_pin {
	uint32_t map;
	uintptr_t lo, hi; /* what of the mapping the call may touch */
	bool forbidden;	  /* ownership did not allow it when the call was made */
};

struct ds_io {
	unsigned op; /* DS_READ: the kernel reads the memory, DS_WRITE: fills it */
	unsigned pins;
	struct ds_pin pin[DS_IO_PINS];
};

/* Does the range touch a mapping of a buffer?  No lock; the usual answer costs two compares. */
bool ds_io_concerns(const void *p, size_t n);
bool ds_io_concerns_vector(const struct iovec *iov, size_t n);
bool ds_io_concerns_msg(const struct msghdr *msg, size_t n, bool many);

/* Open what the call will touch, and keep it open until leave. */
void ds_io_enter(struct ds_io *io, unsigned op);
void ds_io_add(struct ds_io *io, const void *p, size_t n);
void ds_io_add_vector(struct ds_io *io, const struct iovec *iov, size_t n);
void ds_io_add_msg(struct ds_io *io, const struct msghdr *msg, size_t n, bool many);

/*
 * The call moved `bytes` bytes from the start of what was added (fewer than that for vectors: the
 * first ones); 0 = it failed.  `call` is its name; `error` its errno.
 */
void ds_io_leave(struct ds_io *io, const char *call, size_t bytes, int error);

#endif
