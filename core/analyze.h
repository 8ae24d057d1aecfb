/* SPDX-License-Identifier: MIT */
/* Inside core: from events to findings. */
#ifndef DS_CORE_ANALYZE_H
#define DS_CORE_ANALYZE_H

#include "core/run.h"

/* Judge every event of all processes in order of time, then let it take effect.  0 or -errno. */
int ds_analyze_run(struct ds_run *run);

/*
 * Count a hit of `rule` (new finding or one more of the same).  `also` is the set of other rules
 * that the same access breaks.  0 or -ENOMEM.
 */
int ds_finding_add(struct ds_run *run, uint32_t process, uint32_t slot,
		   const struct ds_rule_ctx *ctx, unsigned rule, const struct ds_hit *hit,
		   uint64_t also);

/*
 * The first rule that an event breaks, in order of precedence, with its hit and the set of the
 * others; -1 = none.
 */
int ds_rules_first(const struct ds_rule_ctx *ctx, struct ds_hit *ret_hit, uint64_t *ret_also);

/* The finding with this key, and a new one; NULL when there is none, or no memory. */
struct ds_finding *ds_finding_find(const struct ds_run *run, uint64_t key);
struct ds_finding *ds_finding_append(struct ds_run *run);

/* Severity of latent findings, order, sites and stacks: once, when all events are known. */
int ds_findings_complete(struct ds_run *run);

void ds_finding_destroy(struct ds_finding *f);
void ds_stack_finish(struct ds_stack *s);

/* `from` turned out to be the same finding: let `into` count it. */
void ds_finding_absorb(struct ds_finding *into, const struct ds_finding *from);

/* Fill a site (time, thread, call name, stack with modules) from the event at `slot`. */
int ds_site_load(struct ds_run *run, struct ds_process *p, uint32_t slot, struct ds_site *site);

/* What was learnt of listed buffers after they were listed: their inodes.  Once, at the end. */
void ds_run_buffers_complete(struct ds_run *run);

/* Index of ds_run.buffer for a buffer of a process, made at first use; -ENOMEM. */
int64_t ds_run_buffer_index(struct ds_run *run, uint32_t process, const struct ds_buffer *b);

/* List one more buffer; its id is given here.  Its index, or -ENOMEM. */
int64_t ds_run_buffer_add(struct ds_run *run, const struct ds_run_buffer *b);

#endif
