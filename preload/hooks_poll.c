/* SPDX-License-Identifier: MIT */
/*
 * Calls that wait for descriptors.  What they found may be the end of a fence; as long as none is
 * pending, they are one load longer than without the library.
 */
#include "preload/fence.h"
#include "preload/hooks.h"
#include "preload/lock.h"

#define WAIT(name, params, args)                                \
	DS_EXPORT int name params                               \
	{                                                       \
		DS_REAL_INIT();                                 \
		ds_lock_settle();                               \
		return (int)ds_fence_waited(ds_real.name args); \
	}

int __poll(struct pollfd *fds, nfds_t n, int timeout);
int __poll_chk(struct pollfd *fds, nfds_t n, int timeout, size_t size);
int __select(int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout);

WAIT(poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout))
WAIT(__poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout))
WAIT(__poll_chk, (struct pollfd * fds, nfds_t n, int timeout, size_t size), (fds, n, timeout, size))
WAIT(select, (int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout),
     (n, r, w, e, timeout))
WAIT(__select, (int n, fd_set *r, fd_set *w, fd_set *e, struct timeval *timeout),
     (n, r, w, e, timeout))
WAIT(epoll_wait, (int fd, struct epoll_event *events, int n, int timeout), (fd, events, n, timeout))
