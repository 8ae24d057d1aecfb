/* SPDX-License-Identifier: MIT */
/* Names of events and of their payload words, from event.def. */
#include "core/event.h"

#include <stddef.h>

struct event_row {
	const char *name;
	const char *field[4];
};

static const struct event_row rows[DS_EV_MAX] = {
#define EV(num, name, text, a, b, c, d) [num] = {text, {a, b, c, d}},
#include "core/event.def"
#undef EV
};

const char *ds_event_name(unsigned type)
{
	return type < DS_EV_MAX ? rows[type].name : NULL;
}

const char *ds_event_field(unsigned type, unsigned word)
{
	if (type >= DS_EV_MAX || word > 3 || !rows[type].name)
		return "";
	return rows[type].field[word];
}
