/* SPDX-License-Identifier: MIT */
/* Calls that libunwind makes: its pipe does not exist (recorder.h).  And write(2), which it uses. */
#include <errno.h>

#include "core/ownership.h"
#include "preload/hooks.h"
#include "preload/io.h"
#include "preload/recorder.h"
#include "preload/sys.h"

DS_EXPORT int pipe2(int fds[2], int flags)
{
	DS_REAL_INIT();
	if (DS_LIKELY(!ds_unwind_calls(__builtin_return_address(0))))
		return ds_real.pipe2(fds, flags);
	fds[0] = DS_UNWIND_READ;
	fds[1] = DS_UNWIND_WRITE;
	return 0;
}

long ds_unwind_read(void)
{
	errno = EAGAIN;
	return -1;
}

/* The kernel reads the mask before it sees that there is no such operation. */
static ssize_t probe(const void *address)
{
	const uintptr_t word = (uintptr_t)address & ~(uintptr_t)7;

	if (DS_SYS(rt_sigprocmask, -1, word, 0, 8) != -EFAULT)
		return 1;
	errno = EFAULT;
	return -1;
}

DS_EXPORT ssize_t write(int fd, const void *buf, size_t n)
{
	struct ds_io io;
	int saved;
	ssize_t r;

	DS_REAL_INIT();
	if (DS_UNLIKELY(fd == DS_UNWIND_WRITE))
		return probe(buf);
	if (DS_LIKELY(!ds_io_concerns(buf, n)))
		return ds_real.write(fd, buf, n);
	saved = errno;
	ds_io_enter(&io, DS_READ);
	ds_io_add(&io, buf, n);
	errno = saved;
	r = ds_real.write(fd, buf, n);
	saved = errno;
	ds_io_leave(&io, "write", r > 0 ? (size_t)r : 0, r < 0 ? saved : 0);
	errno = saved;
	return r;
}
