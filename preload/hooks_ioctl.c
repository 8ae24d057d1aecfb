/* SPDX-License-Identifier: MIT */
/* ioctl and the syscall() that libv4l2 uses for it. */
#include <string.h>

#include "preload/coherency.h"
#include "preload/fence.h"
#include "preload/hooks.h"
#include "preload/hooks_sigraw.h"
#include "preload/ioctl.h"
#include "preload/lock.h"
#include "preload/recorder.h"
#include "preload/state.h"
#include "preload/sys.h"

/* A request that no table knows, on a descriptor that carries buffers. */
static void note_unknown(int fd, uint32_t request)
{
	int saved = errno;

	if (ds_own_process() && ds_lock_enter()) {
		ds_emit((struct ds_event){.type = DS_EV_UNKNOWN_IOCTL,
					  .a = request,
					  .b = ds_text(ds_fd_kind_name(ds_fd_kind(fd)))});
		ds_lock_leave();
	}
	errno = saved;
}

/* The descriptor as its row needs it: V4L2 trusts what is known, dma-bufs are asked each time. */
static struct ds_fd *look_at(const struct ds_call *call)
{
	struct ds_fd *f = ds_fd_peek(call->fd);

	if (call->row->on == DS_FD_OTHER)
		return NULL;
	if (f && f->kind == call->row->on && (f->kind == DS_FD_VIDEO || f->kind == DS_FD_DRM))
		return f;
	return ds_fd_learn(call->fd);
}

static void run(struct ds_call *call, void (*step)(struct ds_call *call))
{
	if (!step || !ds_lock_enter())
		return;
	call->f = look_at(call);
	call->name = ds_text(call->row->name);
	ds_stack_use(call->stack);
	step(call);
	ds_stack_use(0);
	ds_lock_leave();
}

/*
 * Before the kernel has looked at it, the argument may be a bad pointer that the program expects
 * EFAULT for: let the kernel read it.
 */
static bool copy_argument(struct ds_call *call)
{
	size_t n = _IOC_SIZE(call->request);
	struct iovec to = {call->copy, n}, from = {call->arg, n};
	long pid = DS_SYS(getpid);

	return !n || (n <= sizeof(call->copy) &&
		      DS_SYS(process_vm_readv, pid, &to, 1, &from, 1, 0) == (long)n);
}

/* The kernel never looked at the argument: neither may we. */
static bool argument_unread(const struct ds_call *call)
{
	return call->error == EFAULT || (call->error == EBADF && call->row->on == DS_FD_VIDEO);
}

static int follow(const struct ds_ioctl *row, int fd, unsigned long request, void *arg)
{
	struct ds_call call;
	int saved = errno, r;

	/* field by field: most calls need no `copy`, and clearing it would cost more than the rest */
	call.fd = fd;
	call.request = (uint32_t)request;
	call.arg = arg;
	call.row = row;
	call.f = NULL;
	call.stack = 0;
	call.mark = ds_handovers();
	ds_lock_settle();
	if ((row->before || ds_emulating()) && copy_argument(&call)) {
		run(&call, row->before);
		if (ds_emulating())
			run(&call, ds_coherency_before);
	}
	errno = saved;
	r = ds_real.ioctl(fd, request, arg);
	saved = errno;
	call.result = r;
	call.error = r == -1 ? saved : 0;
	if (!call.error && ds_fd_carries_buffers(fd))
		call.stack = ds_stack_of_call();
	if (ds_emulating() && !argument_unread(&call))
		run(&call, ds_coherency_returned);
	if (!argument_unread(&call))
		run(&call, row->after);
	if (ds_emulating() && !argument_unread(&call))
		run(&call, ds_coherency_after);
	errno = saved;
	return r;
}

int ds_do_ioctl(int fd, unsigned long request, void *arg)
{
	/* musl and some callers sign-extend the 32-bit request */
	const struct ds_ioctl *row = ds_ioctl_find((uint32_t)request);

	DS_REAL_INIT();
	if (DS_UNLIKELY(!ds_real.ioctl))
		return (int)DS_SYS(ioctl, fd, request, arg);
	if (!ds_active)
		return ds_real.ioctl(fd, request, arg);
	if (!row) {
		if (DS_UNLIKELY(ds_fd_carries_buffers(fd)))
			note_unknown(fd, (uint32_t)request);
		return ds_real.ioctl(fd, request, arg);
	}
	if ((!row->before && !row->after) || (!arg && _IOC_SIZE(request)) || !ds_own_process())
		return ds_real.ioctl(fd, request, arg);
	return follow(row, fd, request, arg);
}

/*
 * Variadic in <sys/ioctl.h>, with one word at most behind the request, which comes where a third
 * parameter does.  Taken as one, the wrapper is a jump: it saves no registers that may hold more
 * arguments, and no stack has it as a frame.
 */
int ds_hook_ioctl(int fd, unsigned long request, void *arg) __asm__("ioctl");
int ds_hook_ioctl_time64(int fd, unsigned long request, void *arg) __asm__("__ioctl_time64");

DS_EXPORT int ds_hook_ioctl(int fd, unsigned long request, void *arg)
{
	return ds_do_ioctl(fd, request, arg);
}

DS_EXPORT int ds_hook_ioctl_time64(int fd, unsigned long request, void *arg)
{
	return ds_do_ioctl(fd, request, arg);
}

/* IORING_REGISTER_BUFFERS: the kernel keeps the pages that the program sees now. */
static void note_pinned(long op, const struct iovec *iov, unsigned n)
{
	int saved = errno;

	for (unsigned i = 0; op == 0 && i < n && ds_lock_enter(); i++) {
		struct iovec one, to = {&one, sizeof(one)}, from = {(void *)(iov + i), sizeof(one)};
		long pid = DS_SYS(getpid);

		if (DS_SYS(process_vm_readv, pid, &to, 1, &from, 1, 0) == (long)sizeof(one))
			ds_coherency_pinned((uintptr_t)one.iov_base, one.iov_len,
					    "io_uring keeps its pages");
		ds_lock_leave();
	}
	errno = saved;
}

static void note_ring(void)
{
	int saved = errno;

	if (ds_active && ds_own_process())
		ds_note_missed(DS_MISSED_RING, 0);
	errno = saved;
}

/*
 * syscall(2) as a function of seven words: it has no prototype of its own here, because <unistd.h>
 * declares it variadic.  What we do not know is passed on as it came.
 */
long ds_hook_syscall(long number, long a, long b, long c, long d, long e,
		     long f) __asm__("syscall");

DS_EXPORT long ds_hook_syscall(long number, long a, long b, long c, long d, long e, long f)
{
	DS_REAL_INIT();
	if (DS_UNLIKELY(ds_real_converts))
		return ds_real.syscall(number, a, b, c, d, e, f);
	if ((number == SYS_mmap || number == SYS_munmap || number == SYS_mremap) &&
	    (ds_passing || ds_unwind_calls(__builtin_return_address(0))))
		return ds_real.syscall(number, a, b, c, d, e, f);
	switch (number) {
	case SYS_ioctl: return ds_do_ioctl((int)a, (unsigned long)b, (void *)c);
	case SYS_mmap: return (long)ds_do_mmap((void *)a, (size_t)b, (int)c, (int)d, (int)e, f);
	case SYS_munmap: return munmap((void *)a, (size_t)b);
	case SYS_mprotect: return mprotect((void *)a, (size_t)b, (int)c);
	case SYS_mremap: return (long)mremap((void *)a, (size_t)b, (size_t)c, (int)d, (void *)e);
	case SYS_close: return close((int)a);
	case SYS_close_range: return close_range((unsigned)a, (unsigned)b, (int)c);
	case SYS_dup: return dup((int)a);
	case SYS_dup3: return a == b ? (errno = EINVAL, -1) : dup3((int)a, (int)b, (int)c);
#ifdef SYS_dup2
	case SYS_dup2: return dup2((int)a, (int)b);
#endif
	case SYS_fcntl: return fcntl((int)a, (int)b, c);
	case SYS_openat: return openat((int)a, (const char *)b, (int)c, (mode_t)d);
	case SYS_read: return read((int)a, (void *)b, (size_t)c);
	case SYS_write: return write((int)a, (const void *)b, (size_t)c);
	case SYS_pread64: return pread64((int)a, (void *)b, (size_t)c, d);
	case SYS_pwrite64: return pwrite64((int)a, (const void *)b, (size_t)c, d);
	case SYS_readv: return readv((int)a, (const struct iovec *)b, (int)c);
	case SYS_writev: return writev((int)a, (const struct iovec *)b, (int)c);
	case SYS_io_uring_register:
		if (ds_emulating())
			note_pinned(b, (const struct iovec *)c, (unsigned)d);
		break;
	case SYS_io_uring_setup: note_ring(); break;
	case SYS_execve: return execve((const char *)a, (char *const *)b, (char *const *)c);
	case SYS_execveat:
		return execveat((int)a, (const char *)b, (char *const *)c, (char *const *)d,
				(int)e);
	case SYS_rt_sigaction: return ds_raw_sigaction((int)a, (void *)b, (void *)c, (size_t)d);
	case SYS_rt_sigprocmask: return ds_raw_sigprocmask((int)a, (void *)b, (void *)c, (size_t)d);
	case SYS_getrandom: return getrandom((void *)a, (size_t)b, (unsigned)c);
#ifdef SYS_fork
	case SYS_fork:
	case SYS_vfork:
#endif
	case SYS_clone:
	case SYS_clone3: atomic_store(&ds_pid_unsure, true); break;
	default: break;
	}
	return ds_fence_waited(ds_real.syscall(number, a, b, c, d, e, f));
}
