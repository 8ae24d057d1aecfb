/* SPDX-License-Identifier: MIT */
/* The wrappers of the IO, IOV and MSG rows of libc.def: all alike, so all generated. */
#include <errno.h>
#include <sys/types.h>

#include "core/ownership.h"
#include "preload/hooks.h"
#include "preload/io.h"
#include "preload/shared.h"

/* bytes that a result of n units stands for; negative results are failures */
static size_t moved(long long n, size_t unit)
{
	return n > 0 ? (size_t)n * unit : 0;
}

#define WRAP(ret, name, params, args, concerns, add, op, bytes_per)     \
	ret name params;                                                \
	DS_EXPORT ret name params                                       \
	{                                                               \
		struct ds_io io;                                        \
		int saved;                                              \
		ret r;                                                  \
                                                                        \
		DS_REAL_INIT();                                         \
		if (DS_LIKELY(!(concerns)))                             \
			return ds_real.name args;                       \
		saved = errno;                                          \
		ds_io_enter(&io, op);                                   \
		add;                                                    \
		errno = saved;                                          \
		r = ds_real.name args;                                  \
		saved = errno;                                          \
		ds_io_leave(&io, #name, moved((long long)r, bytes_per), \
			    (long long)r < 0 ? saved : 0);              \
		errno = saved;                                          \
		return r;                                               \
	}

#define FN(ret, name, params)
#define IO(ret, name, params, args, op, pointer, bytes, unit)         \
	WRAP(ret, name, params, args, ds_io_concerns(pointer, bytes), \
	     ds_io_add(&io, pointer, bytes), op, unit)
#define IOV(ret, name, params, args, op, vector, count)                               \
	WRAP(ret, name, params, args, ds_io_concerns_vector(vector, (size_t)(count)), \
	     ds_io_add_vector(&io, vector, (size_t)(count)), op, 1)
/* a result of several messages counts messages: all that was added may have moved */
#define MSG(ret, name, params, args, op, vector, count)                                         \
	WRAP(ret, name, params, args,                                                           \
	     ((op) == DS_READ                                                                   \
		      ? ds_shared_sending((const void *)(vector), (size_t)(count), (count) > 0) \
		      : (void)0,                                                                \
	      ds_io_concerns_msg((const void *)(vector), (size_t)(count), (count) > 0)),        \
	     ds_io_add_msg(&io, (const void *)(vector), (size_t)(count), (count) > 0), op,      \
	     (count) > 0 ? (size_t)1 << 30 : 1)
#include "preload/libc.def"
