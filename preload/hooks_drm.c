/* SPDX-License-Identifier: MIT */
/* read(): the events of a DRM descriptor tell that a flip is complete. */
#include <sys/types.h>

#include "preload/drm.h"
#include "preload/hooks.h"
#include "preload/io.h"
#include "preload/recorder.h"
#include "preload/lock.h"

static void events(int fd, const void *buf, ssize_t n)
{
	struct ds_fd *f;

	if (n <= 0 || !ds_own_process() || !ds_lock_enter())
		return;
	f = ds_fd_learn(fd);
	if (f && f->kind == DS_FD_DRM)
		ds_drm_events(f->object, buf, (size_t)n);
	ds_lock_leave();
}

DS_EXPORT ssize_t read(int fd, void *buf, size_t n)
{
	bool guarded;
	struct ds_io io;
	int saved;
	ssize_t r;

	DS_REAL_INIT();
	if (DS_UNLIKELY(fd == DS_UNWIND_READ))
		return ds_unwind_read();
	guarded = ds_io_concerns(buf, n);
	if (DS_LIKELY(!guarded && ds_fd_kind(fd) != DS_FD_DRM))
		return ds_real.read(fd, buf, n);
	saved = errno;
	ds_io_enter(&io, DS_WRITE);
	if (guarded)
		ds_io_add(&io, buf, n);
	errno = saved;
	r = ds_real.read(fd, buf, n);
	saved = errno;
	ds_io_leave(&io, "read", r > 0 ? (size_t)r : 0, r < 0 ? saved : 0);
	if (!guarded)
		events(fd, buf, r);
	errno = saved;
	return r;
}
