/* SPDX-License-Identifier: MIT */
/*
 * Accesses that go on when the call has returned: nobody can say which of them breaks a rule.  The
 * buffer is opened, so that the program gets its data, and the verdict is tainted.
 */
#include <stdatomic.h>

#include "core/ownership.h"
#include "preload/hooks.h"
#include "preload/io.h"
#include "preload/lock.h"
#include "preload/recorder.h"
#include "preload/state.h"
#include "preload/trap.h"

static void open_map(struct ds_map *m, void *arg)
{
	(void)arg;
	ds_guard_open(m);
}

static void let_pass(volatile const void *buf, size_t n, const char *call)
{
	int saved = errno;

	if (ds_io_concerns((const void *)buf, n) && ds_lock_enter()) {
		ds_map_each((uintptr_t)buf, n, open_map, NULL);
		ds_note_missed(DS_MISSED_ASYNC, ds_text(call));
		ds_lock_leave();
	}
	errno = saved;
}

/* A bad pointer is the kernel's, or libc's, to refuse. */
static bool follow(const void *p, size_t n)
{
	return ds_map_any() && ds_own_process() && ds_readable(p, n);
}

#define ONE(name, type)                                               \
	DS_EXPORT int name(struct type *cb)                           \
	{                                                             \
		DS_REAL_INIT();                                       \
		if (follow(cb, sizeof(*cb)))                          \
			let_pass(cb->aio_buf, cb->aio_nbytes, #name); \
		return ds_real.name(cb);                              \
	}
ONE(aio_read, aiocb)
ONE(aio_write, aiocb)
ONE(aio_read64, aiocb64)
ONE(aio_write64, aiocb64)

#define LIST(name, type)                                                                        \
	DS_EXPORT int name(int mode, struct type *const list[], int n, struct sigevent *event)  \
	{                                                                                       \
		DS_REAL_INIT();                                                                 \
		for (int i = 0; n > 0 && follow(list, (size_t)n * sizeof(*list)) && i < n; i++) \
			if (list[i] && ds_readable(list[i], sizeof(*list[i])))                  \
				let_pass(list[i]->aio_buf, list[i]->aio_nbytes, #name);         \
		return ds_real.name(mode, list, n, event);                                      \
	}
LIST(lio_listio, aiocb)
LIST(lio_listio64, aiocb64)

DS_EXPORT void arc4random_buf(void *buf, size_t n)
{
	struct ds_io io;
	int saved = errno;

	DS_REAL_INIT();
	ds_io_enter(&io, DS_WRITE);
	ds_io_add(&io, buf, n);
	ds_real.arc4random_buf(buf, n);
	ds_io_leave(&io, "arc4random_buf", n, 0);
	errno = saved;
}
