/* SPDX-License-Identifier: MIT */
/* Findings: counted by what repeats, completed with both sites when all events are known. */
#include "core/analyze.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/group.h"
#include "core/hash.h"
#include "core/kernel_judge.h"

struct ds_finding *ds_finding_find(const struct ds_run *run, uint64_t key)
{
	/* findings are few (one per rule, buffer and pair of stacks), and hits repeat the latest */
	for (unsigned i = run->findings; i-- > 0;)
		if (run->finding[i]->key == key)
			return run->finding[i];
	return NULL;
}

struct ds_finding *ds_finding_append(struct ds_run *run)
{
	struct ds_finding *f;

	if (!(run->findings & (run->findings + 1))) { /* room doubles at 0, 1, 3, 7 ... */
		struct ds_finding **list =
			realloc(run->finding, (run->findings + 1) * 2 * sizeof(*list));

		if (!list)
			return NULL;
		run->finding = list;
	}
	f = calloc(1, sizeof(*f));
	if (f)
		run->finding[run->findings++] = f;
	return f;
}

static const char *op_name(unsigned op)
{
	return op == DS_WRITE ? "write" : op == DS_READ ? "read" : "call";
}

static uint64_t key_of(uint32_t process, const struct ds_rule_ctx *ctx, unsigned rule,
		       const struct ds_hit *hit)
{
	uint64_t h = ds_hash_u64(DS_HASH_INIT, process);

	h = ds_hash_u64(h, rule);
	h = ds_hash_u64(h, ctx->buffer->number);
	h = ds_hash_u64(h, ctx->ev->stack);
	h = ds_hash_u64(h, (uint64_t)hit->process << 32 | DS_REF_STACK(hit->prior));
	return ds_hash_u64(h, ctx->op);
}

/* Bytes from the start of the buffer; the event counts from the start of the mapping. */
static uint64_t buffer_offset(const struct ds_run *run, uint32_t process, const struct ds_event *ev)
{
	const struct ds_mapping *map = ds_model_mapping(&run->process[process].model, ev->c);

	return ev->a + (map ? map->offset : 0);
}

int ds_finding_add(struct ds_run *run, uint32_t process, uint32_t slot,
		   const struct ds_rule_ctx *ctx, unsigned rule, const struct ds_hit *hit,
		   uint64_t also)
{
	uint64_t key = key_of(process, ctx, rule, hit);
	struct ds_finding *f = ds_finding_find(run, key);
	int64_t buffer;

	if (!f) {
		buffer = ds_run_buffer_index(run, process, ctx->buffer);
		f = buffer < 0 ? NULL : ds_finding_append(run);
		if (!f)
			return -ENOMEM;
		f->key = key;
		f->rule = rule;
		f->process = process;
		f->prior_process = hit->process;
		f->buffer = (uint32_t)buffer;
		f->first_ns = ctx->ev->time_ns;
		f->op = op_name(ctx->op);
		f->use = hit->use;
		f->access.slot = slot;
		if (hit->place && ds_kernel_site(run, hit->place, &f->prior))
			return -ENOMEM;
		f->prior.slot = hit->place ? 0 : DS_REF_SLOT(hit->prior);
		if (ctx->ev->type == DS_EV_ACCESS) {
			f->offset = buffer_offset(run, process, ctx->ev);
			f->length = ctx->ev->b;
		}
		f->platforms = ds_platforms(rule, ctx->op, hit->use);
	}
	f->count++;
	ds_consequence_found(ds_model_buffer(&run->process[process].model, ctx->buffer->number), f,
			     ctx->op);
	f->also |= also;
	f->last_slot = slot;
	f->last_ns = ctx->ev->time_ns;
	return 0;
}

static bool is_sync_rule(unsigned rule)
{
	return !strncmp(ds_rule(rule)->id, "SYN", 3);
}

/*
 * A missing or wrong bracket on a buffer that no device ever saw breaks the contract, but nothing
 * is lost.  It becomes an error when a device gets the buffer before the access, or after a write.
 */
static void grade(struct ds_run *run, struct ds_finding *f)
{
	const struct ds_run_buffer *rb = &run->buffer[f->buffer];
	const struct ds_buffer *b = ds_model_buffer(&run->process[f->process].model, rb->number);
	uint32_t device_slot = b ? b->device_slot : 0;
	uint64_t device_ns = ds_groups_device_ns(run->groups, b);
	bool wrote = strcmp(f->op, "read") != 0;

	f->severity = ds_rule(f->rule)->severity;
	if (!is_sync_rule(f->rule) || (device_slot && (device_slot < f->last_slot || wrote)) ||
	    (device_ns && (device_ns < f->last_ns || wrote)))
		return;
	f->latent = true;
	if (f->severity > DS_WARNING)
		f->severity = DS_WARNING;
}

static int by_weight(const void *a, const void *b)
{
	const struct ds_finding *x = *(struct ds_finding *const *)a;
	const struct ds_finding *y = *(struct ds_finding *const *)b;

	if (x->severity != y->severity)
		return x->severity > y->severity ? -1 : 1;
	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	return x->key < y->key ? -1 : x->key > y->key;
}

int ds_findings_complete(struct ds_run *run)
{
	for (unsigned i = 0; i < run->findings; i++) {
		struct ds_finding *f = run->finding[i];
		struct ds_process *p = &run->process[f->process];
		int r = f->kernel ? 0 : ds_site_load(run, p, f->access.slot, &f->access);

		if (!r && f->prior.slot)
			r = ds_site_load(run, &run->process[f->prior_process], f->prior.slot,
					 &f->prior);
		if (r == -ENOMEM)
			return r;
		grade(run, f);
	}
	if (run->findings) /* qsort of NULL is undefined */
		qsort(run->finding, run->findings, sizeof(*run->finding), by_weight);
	return 0;
}

void ds_stack_finish(struct ds_stack *s)
{
	for (unsigned i = 0; i < s->frames; i++) {
		free(s->frame[i].function);
		free(s->frame[i].file);
		free(s->frame[i].built_in);
	}
	free(s->frame);
	*s = (struct ds_stack){0};
}

void ds_finding_destroy(struct ds_finding *f)
{
	if (!f)
		return;
	ds_stack_finish(&f->access.stack);
	ds_stack_finish(&f->prior.stack);
	free(f->per_part);
	free(f);
}
