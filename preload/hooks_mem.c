/* SPDX-License-Identifier: MIT */
/* Mappings: made, cut, moved, protected. */
#include <stdarg.h>

#include "preload/coherency.h"
#include "preload/drm.h"
#include "preload/hooks.h"
#include "preload/lock.h"
#include "preload/observe.h"
#include "preload/recorder.h"
#include "preload/state.h"
#include "preload/sys.h"
#include "preload/trace_file.h"
#include "preload/udmabuf.h"
#include "preload/video.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

static size_t page_up(size_t n)
{
	return (n + 4095) & ~(size_t)4095;
}

/* A range of the program now shows a file: is it a buffer? */
static void tie(uintptr_t addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
	struct ds_fd *f = ds_fd_learn(fd);
	struct ds_buf *b;

	if (!f)
		return;
	if (f->kind == DS_FD_DMABUF) {
		b = ds_buf_at(f->object);
		if (b && ds_emulating() && (flags & MAP_TYPE) != MAP_PRIVATE)
			ds_coherency_mapped(b, fd, 0, 0, addr, len, (uint64_t)offset, prot);
		if (b)
			ds_map_add(b, DS_ORIGIN_DMABUF, addr, len, (uint64_t)offset, prot);
	} else if (f->kind == DS_FD_VIDEO) {
		if (!ds_video_mapped(f->object, fd, (uint64_t)offset, addr, len, prot))
			ds_emit((struct ds_event){
				.type = DS_EV_UNGUARDED, .result = ENODATA, .a = addr, .b = len});
	} else if (f->kind == DS_FD_DRM) {
		/* other mappings of a DRM node are the driver's own: GPU memory, synchronised otherwise */
		ds_drm_mapped(f->object, (uint64_t)offset, addr, len, prot);
	} else {
		ds_udmabuf_mapped(fd, (uint64_t)offset, addr, len, prot);
	}
}

static void mapped(void *p, size_t len, int prot, int flags, int fd, off64_t offset)
{
	bool file = fd >= 0 && !(flags & MAP_ANONYMOUS);
	uintptr_t addr = (uintptr_t)p;

	len = page_up(len);
	ds_gone_forget(addr, len);
	if (!file && !((flags & MAP_FIXED) && ds_map_overlaps(addr, len)))
		return;
	if (!ds_active || !ds_own_process() || !ds_lock_enter())
		return;
	if (flags & MAP_FIXED) /* what was there is gone */
		ds_map_cut(addr, len);
	if (file && fd != ds_trace_file_fd())
		tie(addr, len, prot, flags, fd, offset);
	ds_lock_leave();
}

/*
 * The next library may be an allocator that overrides these calls too and makes them by syscall(),
 * which comes back to us: then it is passed on.
 */
__thread unsigned ds_passing __attribute__((tls_model("initial-exec")));

#define NEXT(call)                        \
	({                                \
		__typeof__(call) result_; \
                                          \
		ds_passing++;             \
		result_ = (call);         \
		ds_passing--;             \
		result_;                  \
	})

/*
 * libunwind maps the files that it reads, inside its own locks: those mappings are nobody's buffers.
 * (Since 1.7 by syscall(), hooks_ioctl.c.)
 */
#define OF_UNWINDER() ds_unwind_calls(__builtin_return_address(0))

void *ds_do_mmap(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
	void *p;
	int saved;

	DS_REAL_INIT();
	if (DS_UNLIKELY(!ds_real.mmap64)) /* dlsym itself needs memory */
		return (void *)DS_SYS(mmap, addr, len, prot, flags, fd, offset);
	p = NEXT(ds_real.mmap64(addr, len, prot, flags, fd, offset));
	if (p == MAP_FAILED)
		return p;
	saved = errno;
	mapped(p, len, prot, flags, fd, offset);
	errno = saved;
	return p;
}

DS_EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (DS_UNLIKELY(OF_UNWINDER()))
		return ds_real.mmap(addr, len, prot, flags, fd, offset);
	return ds_do_mmap(addr, len, prot, flags, fd, offset);
}

DS_EXPORT void *mmap64(void *addr, size_t len, int prot, int flags, int fd, off64_t offset)
{
	if (DS_UNLIKELY(OF_UNWINDER()))
		return ds_real.mmap64(addr, len, prot, flags, fd, offset);
	return ds_do_mmap(addr, len, prot, flags, fd, offset);
}

/* Forget a range; a udmabuf whose last mapping it was frees its memory file. */
static void cut(uintptr_t addr, size_t len)
{
	struct ds_map *m = ds_map_enter(addr);
	struct ds_buf *b = m ? ds_buf_at(m->buffer) : NULL;

	ds_map_leave();
	ds_gone_add(addr, len);
	ds_map_cut(addr, len);
	if (b)
		ds_udmabuf_released(b);
	if (b && ds_emulating())
		ds_coherency_idle(b);
}

DS_EXPORT int munmap(void *addr, size_t len)
{
	uintptr_t at = (uintptr_t)addr;
	int r, saved;

	DS_REAL_INIT();
	if (DS_UNLIKELY(!ds_real.munmap))
		return (int)DS_SYS(munmap, addr, len);
	if (DS_UNLIKELY(OF_UNWINDER()))
		return ds_real.munmap(addr, len);
	/* the lock spans the call: the range must not be given out again before it is forgotten */
	if (!ds_map_overlaps(at, page_up(len)) || !ds_own_process() || !ds_lock_enter())
		return NEXT(ds_real.munmap(addr, len));
	r = NEXT(ds_real.munmap(addr, len));
	saved = errno;
	if (!r)
		cut(at, page_up(len));
	ds_lock_leave();
	errno = saved;
	return r;
}

static void moved(uintptr_t from, size_t old_len, uintptr_t to, size_t len, int flags)
{
	struct ds_map *m = ds_map_enter(from);
	struct ds_map was = m ? *m : (struct ds_map){0};
	struct ds_buf *b = m ? ds_buf_at(m->buffer) : NULL;

	ds_map_leave();
	if (flags & MREMAP_FIXED)
		ds_map_cut(to, len);
	ds_map_cut(from, old_len);
	if (!b)
		return;
	m = ds_map_add(b, (enum ds_origin)was.origin, to, len, was.offset + (from - was.addr),
		       was.prog_prot);
	if (m) {
		m->have = -1; /* the pages came with the protection that they had */
		ds_guard_map(m);
	}
}

DS_EXPORT void *mremap(void *addr, size_t old_len, size_t len, int flags, ...)
{
	uintptr_t at = (uintptr_t)addr;
	void *to = NULL, *p;
	int saved;

	if (flags & (MREMAP_FIXED | MREMAP_DONTUNMAP)) {
		va_list args;

		va_start(args, flags);
		to = va_arg(args, void *);
		va_end(args);
	}
	DS_REAL_INIT();
	if (DS_UNLIKELY(!ds_real.mremap))
		return (void *)DS_SYS(mremap, addr, old_len, len, flags, to);
	if ((!ds_map_overlaps(at, page_up(old_len)) &&
	     !((flags & MREMAP_FIXED) && ds_map_overlaps((uintptr_t)to, page_up(len)))) ||
	    !ds_own_process() || !ds_lock_enter())
		return NEXT(ds_real.mremap(addr, old_len, len, flags, to));
	saved = ds_emulating() ? ds_coherency_remap_error(at, page_up(old_len), page_up(len), flags)
			       : 0;
	if (saved) {
		ds_lock_leave();
		errno = saved;
		return MAP_FAILED;
	}
	p = NEXT(ds_real.mremap(addr, old_len, len, flags, to));
	saved = errno;
	if (p != MAP_FAILED)
		moved(at, page_up(old_len), (uintptr_t)p, page_up(len), flags);
	ds_lock_leave();
	errno = saved;
	return p;
}

DS_EXPORT int mprotect(void *addr, size_t len, int prot)
{
	uintptr_t at = (uintptr_t)addr;
	int r, saved;

	DS_REAL_INIT();
	if (DS_UNLIKELY(!ds_real.mprotect))
		return (int)DS_SYS(mprotect, addr, len, prot);
	if (!ds_map_overlaps(at, page_up(len)) || !ds_own_process() || !ds_lock_enter())
		return ds_real.mprotect(addr, len, prot);
	r = ds_real.mprotect(addr, len, prot);
	saved = errno;
	if (!r)
		ds_map_set_prot(at, page_up(len), prot);
	ds_lock_leave();
	errno = saved;
	return r;
}

DS_EXPORT int pkey_mprotect(void *addr, size_t len, int prot, int pkey)
{
	uintptr_t at = (uintptr_t)addr;
	int r, saved;

	DS_REAL_INIT();
	if (!ds_map_overlaps(at, page_up(len)) || !ds_own_process() || !ds_lock_enter())
		return ds_real.pkey_mprotect(addr, len, prot, pkey);
	r = ds_real.pkey_mprotect(addr, len, prot, pkey);
	saved = errno;
	if (!r)
		ds_map_set_prot(at, page_up(len), prot);
	ds_lock_leave();
	errno = saved;
	return r;
}
