/* SPDX-License-Identifier: MIT */
/* The table of rules and of their severities. */
#include "core/rules.h"

#include <errno.h>
#include <stddef.h>
#include <strings.h>

static const struct ds_rule rules[DS_RULES] = {
#define ON(type) DS_RULE_ON(DS_EV_##type)
#define RULE(id, severity, events, fn, title, why, fix) \
	[DS_RULE_##id] = {#id, DS_##severity, events, fn, title, why, fix},
#include "core/rules.def"
#undef RULE
#undef ON
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

uint64_t ds_rules_of(unsigned event)
{
	static uint64_t of[64]; /* by bit of DS_RULE_ON() */
	static bool filled;

	for (unsigned i = 0; !filled && i < DS_RULES; i++)
		for (uint64_t left = rules[i].events; left; left &= left - 1)
			of[__builtin_ctzll(left)] |= 1ull << i;
	filled = true;
	return of[__builtin_ctzll(DS_RULE_ON(event))];
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
