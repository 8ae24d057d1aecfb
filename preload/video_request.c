/* SPDX-License-Identifier: MIT */
/*
 * The Request API: a buffer that is queued with a request belongs to nobody until the request
 * itself is queued (Documentation/userspace-api/media/mediactl/request-api.rst).
 */
#include <stdatomic.h>

#include "preload/hooks.h"
#include "preload/lock.h"
#include "preload/video.h"

static _Atomic uint32_t waiting; /* buffers in requests that were not queued */

static void leave(struct ds_slot *s)
{
	s->request = 0;
	atomic_fetch_sub(&waiting, 1);
}

void ds_request_add(struct ds_slot *s, int request)
{
	if (!s->request)
		atomic_fetch_add(&waiting, 1);
	s->request = request;
}

static void hand_over(struct ds_queue *q, struct ds_slot *s, uint32_t index, void *arg)
{
	struct ds_call *call = arg;

	if (s->request != call->fd)
		return;
	leave(s);
	if (s->present && ds_queue_still(q, s, call->mark))
		ds_queue_claim(q, s, index, call->name);
}

void ds_request_queue(struct ds_call *call)
{
	if (waiting && !call->error)
		ds_slots_each(hand_over, call);
}

static void forget(struct ds_queue *q, struct ds_slot *s, uint32_t index, void *arg)
{
	(void)q;
	(void)index;
	if (s->request && s->request == *(int *)arg)
		leave(s);
}

void ds_request_reinit(struct ds_call *call)
{
	if (waiting && !call->error)
		ds_slots_each(forget, &call->fd);
}

void ds_request_closed(int fd)
{
	if (!waiting || !ds_own_process() || !ds_lock_enter())
		return;
	ds_slots_each(forget, &fd);
	ds_lock_leave();
}
