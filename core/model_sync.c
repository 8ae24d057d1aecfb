/* SPDX-License-Identifier: MIT */
/* Handles of sync objects that have the fence of a buffer: how many of them one buffer has. */
#include <errno.h>
#include <stdlib.h>

#include "core/model.h"

struct ds_object *ds_model_object(const struct ds_model *m, uint32_t actor, uint64_t handle)
{
	for (uint32_t i = m->objects; i-- > 0;)
		if (m->object[i].handle == handle && m->object[i].actor == actor)
			return &m->object[i];
	return NULL;
}

static void forget(struct ds_model *m, struct ds_object *o)
{
	struct ds_buffer *b = ds_model_buffer(m, o->buffer);

	if (b && b->objects && b->objects_actor == o->actor)
		b->objects--;
	*o = m->object[--m->objects];
}

static int add(struct ds_model *m, const struct ds_event *ev)
{
	uint32_t room = m->objects_room ? m->objects_room * 2 : 64;
	struct ds_object *p;

	if (m->objects == m->objects_room) {
		p = realloc(m->object, room * sizeof(*p));
		if (!p)
			return -ENOMEM;
		m->object = p;
		m->objects_room = room;
	}
	m->object[m->objects++] = (struct ds_object){ev->actor, ev->buffer, ev->a};
	return 0;
}

int ds_model_syncobj(struct ds_model *m, const struct ds_event *ev, uint32_t slot)
{
	struct ds_buffer *b = ds_model_buffer(m, ev->buffer);
	struct ds_object *o = ds_model_object(m, ev->actor, ev->a);

	if (o && ev->flags & (DS_EVF_FENCE_IN | DS_EVF_DESTROYED))
		forget(m, o);
	if (!(ev->flags & DS_EVF_FENCE_IN) || !b || m->objects == DS_MAX_OBJECTS)
		return 0;
	/* handles end with the file that they belong to */
	if (!b->objects || b->objects_actor != ev->actor) {
		b->objects = 0;
		b->objects_actor = ev->actor;
		b->first_object = DS_REF(slot, ev->stack);
	}
	b->objects++;
	return add(m, ev);
}
