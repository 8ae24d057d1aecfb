/* SPDX-License-Identifier: MIT */
/* The rules: one row of rules.def and one function each. */
#ifndef DS_CORE_RULES_H
#define DS_CORE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "core/event.h"
#include "core/ownership.h"

enum ds_severity { DS_ADVICE, DS_WARNING, DS_ERROR };

enum ds_rule_id {
#define RULE(id, severity, events, fn, title, why, fix) DS_RULE_##id,
#include "core/rules.def"
#undef RULE
	DS_RULES
};
_Static_assert(DS_RULES <= 64, "a set of rules is one word");

struct ds_buffer;
struct ds_finding;
struct ds_mapping;
struct ds_model;
struct ds_kernel_ctx;

/* What a rule may look at: the event, the buffer as it was before the event took effect. */
struct ds_rule_ctx {
	const struct ds_event *ev;
	const struct ds_buffer *buffer;
	enum ds_origin origin;	      /* ACCESS: the mapping's */
	unsigned op;		      /* ACCESS: DS_READ or DS_WRITE */
	const struct ds_mapping *map; /* ACCESS, MAP_LEFT: NULL = gone */
	bool observed;		      /* the process ran with observe=1 */
	const struct ds_model *model;
	const struct ds_kernel_ctx *kernel; /* KERNEL: the line and its objects (kernel_model.h) */
};

struct ds_hit {
	uint64_t prior;	  /* reference of the event that forbade it (ds_ref), 0 = none */
	uint32_t process; /* whose event that is; filled in by the analyser */
	unsigned use;	  /* how the device uses the buffer, 0 = no device involved */
	uint64_t place;	  /* KERNEL: prior is the line here, 0 = none */
};

/* An event type in a set of those that a rule judges: all on disk are below 63. */
#define DS_RULE_ON(type) (1ull << ((type) < 63 ? (type) : 63))
_Static_assert(DS_EV_MAX <= 63, "a set of event types is one word");

struct ds_rule {
	const char *id;
	enum ds_severity severity;
	uint64_t events; /* set of DS_RULE_ON() */
	bool (*broken)(const struct ds_rule_ctx *ctx, struct ds_hit *ret);
	const char *title, *why, *fix;
};

const struct ds_rule *ds_rule(unsigned number);

/* The rules that judge events of a type, one bit each, by number. */
uint64_t ds_rules_of(unsigned event);

/* Number of the rule with this id (any case), or -ENOENT. */
int ds_rule_find(const char *id);

const char *ds_severity_name(enum ds_severity s);

/* -EINVAL for a word that is no severity. */
int ds_severity_parse(const char *word);

#define RULE(id, severity, events, fn, title, why, fix) \
	bool fn(const struct ds_rule_ctx *ctx, struct ds_hit *ret);
#include "core/rules.def"
#undef RULE

/* What a broken rule means on three kinds of machine, from the model (design: section 3). */
struct ds_platforms {
	const char *coherent, *noncoherent, *bounce;
};
struct ds_platforms ds_platforms(unsigned rule, unsigned op, unsigned use);

#endif
