/* SPDX-License-Identifier: MIT */
/* The table of rules and of their severities. */
#include "core/rules.h"

#include <errno.h>
#include <stddef.h>
#include <strings.h>

static const struct ds_rule rules[DS_RULES] = {
#define RULE(id, severity, event, fn, title, why, fix) \
	[DS_RULE_##id] = {#id, DS_##severity, DS_EV_##event, fn, title, why, fix},
#include "core/rules.def"
#undef RULE
};

static const char *const severities[] = {
	[DS_ADVICE] = "advice",
	[DS_WARNING] = "warning",
	[DS_ERROR] = "error",
};

const struct ds_rule *ds_rule(unsigned number)
{
	return number < DS_RULES ? &rules[number] : NULL;
}

/* KERNEL has a number far behind the others and the place behind the last one. */
static unsigned place_of(unsigned event)
{
	return event == DS_EV_KERNEL ? DS_EV_MAX : event;
}

uint64_t ds_rules_of(unsigned event)
{
	static uint64_t of[DS_EV_MAX + 1];
	static bool filled;

	for (unsigned i = 0; !filled && i < DS_RULES; i++)
		of[place_of(rules[i].event)] |= 1ull << i;
	filled = true;
	event = place_of(event);
	return event <= DS_EV_MAX ? of[event] : 0;
}

int ds_rule_find(const char *id)
{
	for (int i = 0; i < DS_RULES; i++)
		if (!strcasecmp(rules[i].id, id))
			return i;
	return -ENOENT;
}

const char *ds_severity_name(enum ds_severity s)
{
	return severities[s];
}

int ds_severity_parse(const char *word)
{
	for (int i = DS_ADVICE; i <= DS_ERROR; i++)
		if (!strcasecmp(severities[i], word))
			return i;
	return -EINVAL;
}
