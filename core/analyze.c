/* SPDX-License-Identifier: MIT */
/* The only loop: each event is judged by the rules of its type, then takes effect on the model. */
#include "core/analyze.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/group.h"
#include "core/kernel_judge.h"
#include "core/merge_time.h"
#include "core/strings.h"

int ds_rules_first(const struct ds_rule_ctx *ctx, struct ds_hit *ret_hit, uint64_t *ret_also)
{
	struct ds_hit hit;
	int rule = -1;

	*ret_also = 0;
	for (uint64_t left = ds_rules_of(ctx->ev->type); left; left &= left - 1) {
		unsigned i = (unsigned)__builtin_ctzll(left);

		hit = (struct ds_hit){0};
		if (!ds_rule(i)->broken(ctx, &hit))
			continue;
		if (rule < 0) {
			rule = (int)i;
			*ret_hit = hit;
		} else {
			*ret_also |= 1ull << i;
		}
	}
	return rule;
}

/* Judge one event by every rule of its type; rows of rules.def stand in order of precedence. */
static int judge(struct ds_run *run, uint32_t process, uint32_t slot, struct ds_rule_ctx *ctx,
		 const struct ds_joint *joint)
{
	struct ds_hit hit;
	uint64_t also;
	int rule = ds_rules_first(ctx, &hit, &also);

	if (rule < 0)
		return 0;
	hit.process = process;
	if (joint)
		hit.prior = ds_joint_ref(joint, hit.prior, &hit.process);
	hit.place = ds_kernel_join_place(run->join, hit.prior);
	return ds_finding_add(run, process, slot, ctx, (unsigned)rule, &hit, also);
}

/*
 * An access counts only if the state at its place in the trace says of it what the recorder said:
 * forbidden, or (observe=1) the first of a legal window.  Otherwise it is a race and stays silent.
 */
static bool as_recorded(const struct ds_rule_ctx *ctx)
{
	bool allowed = ds_allowed(&ctx->buffer->hold, ctx->origin) & ctx->op;

	return (ctx->ev->flags & DS_EVF_GONE) || allowed == !!(ctx->ev->flags & DS_EVF_LEGAL);
}

static int judge_access(struct ds_run *run, uint32_t process, uint32_t slot,
			struct ds_rule_ctx *ctx, const struct ds_joint *joint)
{
	static const unsigned ops[] = {DS_WRITE, DS_READ};

	for (unsigned i = 0; i < 2; i++) {
		unsigned flag = ops[i] == DS_WRITE ? DS_EVF_WRITE : DS_EVF_READ;
		int r;

		ctx->op = ops[i];
		if (!(ctx->ev->flags & flag) || !as_recorded(ctx))
			continue;
		r = judge(run, process, slot, ctx, joint);
		if (r)
			return r;
	}
	return 0;
}

/* At exit every bracket for writing that is still open is one that nobody will end. */
static int judge_exit(struct ds_run *run, uint32_t process, uint32_t slot,
		      const struct ds_event *ev)
{
	struct ds_model *m = &run->process[process].model;
	struct ds_event close_all = *ev;
	int r = 0;

	close_all.type = DS_EV_FD_CLOSE;
	close_all.b = 1;
	for (uint32_t i = 1; i < m->buffers && !r; i++) {
		struct ds_buffer *b = ds_model_buffer(m, i);
		struct ds_rule_ctx ctx = {.ev = &close_all, .buffer = b};

		if (b && b->number == i && !b->closed &&
		    !ds_groups_open_elsewhere(run->groups, run, process, b))
			r = judge(run, process, slot, &ctx, NULL);
		ctx = (struct ds_rule_ctx){.ev = ev, .buffer = b, .model = m};
		ctx.observed = run->process[process].features & DS_FEATURE_OBSERVE;
		if (b && b->number == i && !r)
			r = judge(run, process, slot, &ctx, NULL);
	}
	return r;
}

static int judge_mapped(struct ds_run *run, uint32_t process, uint32_t slot,
			struct ds_rule_ctx *ctx, const struct ds_joint *joint)
{
	ctx->map = ds_model_mapping(&run->process[process].model, ctx->ev->c);
	if (!ctx->map && !(ctx->ev->flags & DS_EVF_GONE))
		return 0;
	/* the bracket of a buffer from elsewhere may be somebody else's, so none is demanded */
	ctx->origin = !ctx->map || ctx->buffer->foreign ? DS_ORIGIN_V4L2 : ctx->map->origin;
	return judge_access(run, process, slot, ctx, joint);
}

static int judge_event(struct ds_run *run, uint32_t process, uint32_t slot,
		       const struct ds_event *ev)
{
	struct ds_model *m = &run->process[process].model;
	struct ds_rule_ctx ctx = {
		.ev = ev,
		.buffer = ds_model_buffer(m, ev->buffer),
		.model = m,
		.observed = run->process[process].features & DS_FEATURE_OBSERVE,
	};
	struct ds_joint joint;

	if (ev->type == DS_EV_EXIT)
		return judge_exit(run, process, slot, ev);
	/* a number that no recorder writes may be that of something else */
	if (!ctx.buffer || ev->type >= DS_EV_MAX)
		return 0;
	switch (ev->type) {
	case DS_EV_ACCESS:
	case DS_EV_CLAIM:
	case DS_EV_SYNC:
		ctx.buffer = ds_groups_joint(run->groups, run, process, ctx.buffer,
					     ev->type != DS_EV_CLAIM, &joint);
		if (ctx.buffer == &joint.buffer) /* others may have touched it inside the window */
			ctx.observed = false;
		break;
	case DS_EV_FD_CLOSE:
		if (ds_groups_open_elsewhere(run->groups, run, process, ctx.buffer))
			return 0; /* who has it open can still end the bracket */
				  /* fall through */
	default: joint.refs = 0; break;
	}
	if (ev->type == DS_EV_MAP_LEFT)
		ctx.map = ds_model_mapping(m, ev->d);
	if (ev->type == DS_EV_ACCESS)
		return judge_mapped(run, process, slot, &ctx, &joint);
	return judge(run, process, slot, &ctx, &joint);
}

static void count_unknown(struct ds_run *run, struct ds_process *p, const struct ds_event *ev)
{
	char buf[64];
	const char *kind = ds_strings_add(
		run->strings, ds_trace_string(p->trace, (uint32_t)ev->b, buf, sizeof(buf)));

	for (unsigned i = 0; i < run->unknowns; i++) {
		struct ds_unknown_ioctl *u = &run->unknown[i];

		if (u->request == ev->a && u->fd_kind == kind) {
			u->count++;
			return;
		}
	}
	if (run->unknowns < sizeof(run->unknown) / sizeof(run->unknown[0]))
		run->unknown[run->unknowns++] = (struct ds_unknown_ioctl){ev->a, kind, 1};
}

/* Programs that were started and not observed; one that could not be started is taken back. */
static void note_untraced(struct ds_run *run, struct ds_process *p, const struct ds_event *ev)
{
	char buf[DS_MAX_STRING];
	const char *program = ds_strings_add(
		run->strings, ds_trace_string(p->trace, (uint32_t)ev->d, buf, sizeof(buf)));
	bool taken_back = ev->a == DS_UNTRACED_NOT_STARTED;

	for (unsigned i = p->untraceds; i-- > 0;) {
		if (p->untraced[i].program != program ||
		    (taken_back ? !p->untraced[i].times : p->untraced[i].why != ev->a))
			continue;
		p->untraced[i].times += taken_back ? -1u : 1;
		return;
	}
	if (!*program)
		return;
	if (p->untraceds < DS_UNTRACED_SHOWN && !taken_back) {
		p->untraced[p->untraceds].why = (unsigned)ev->a;
		p->untraced[p->untraceds].times = 1;
		p->untraced[p->untraceds++].program = program;
	} else if (!taken_back) {
		p->untraced_more++;
	} else if (p->untraced_more) {
		p->untraced_more--;
	}
}

/* How long a hand-over in another process took to reach the guard here. */
static void count_reguard(struct ds_run *run, const struct ds_event *ev)
{
	if (!run->reguards)
		run->reguards = calloc(1, sizeof(*run->reguards));
	if (run->reguards)
		ds_latency_add(run->reguards, ev->time_ns > ev->a ? ev->time_ns - ev->a : 0);
}

/* Records that describe others, or the process: part of the trace, nothing that happened. */
static bool describes(unsigned type)
{
	return type == DS_EV_STRING || type == DS_EV_STACK || type == DS_EV_META ||
	       type == DS_EV_MODULE || type == DS_EV_BUILD_ID;
}

static uint64_t *count_of_missed(struct ds_process *p, uint64_t reason)
{
	if (reason == DS_MISSED_RING)
		return &p->rings;
	return reason == DS_MISSED_NAMESPACE ? &p->namespaces : &p->missed;
}

static void count_event(struct ds_run *run, struct ds_process *p, const struct ds_event *ev)
{
	if (!describes(ev->type))
		p->events++;
	if (ev->type < DS_EV_MAX)
		run->stats.events[ev->type]++;
	switch (ev->type) {
	case DS_EV_SHADOW:
	case DS_EV_COHERENCY:
		ds_consequence_event(run, ds_model_buffer(&p->model, ev->buffer), ev);
		break;
	case DS_EV_UNGUARDED: p->unguarded++; break;
	case DS_EV_EFAULT: p->efaults++; break;
	case DS_EV_UNTRACED: note_untraced(run, p, ev); break;
	case DS_EV_MISSED: ++*count_of_missed(p, ev->a); break;
	case DS_EV_REGUARD: count_reguard(run, ev); break;
	case DS_EV_UNKNOWN_IOCTL: count_unknown(run, p, ev); break;
	case DS_EV_EXIT:
		p->ended = true;
		p->exit_status = (int)ev->a;
		break;
	default: break;
	}
}

/* A buffer that was handed over is worth listing, with or without a finding. */
static int list_buffer(struct ds_run *run, uint32_t process, const struct ds_event *ev)
{
	struct ds_buffer *b;

	if (ev->type != DS_EV_CLAIM && ev->type != DS_EV_SYNC && ev->type != DS_EV_BUFFER)
		return 0;
	b = ds_model_buffer(&run->process[process].model, ev->buffer);
	if (!b || b->used)
		return 0;
	b->used = true;
	return ds_run_buffer_index(run, process, b) < 0 ? -ENOMEM : 0;
}

/* An event names a buffer's inode: the recording of the kernel knows it by that. */
static int note_inode(struct ds_run *run, uint32_t process, const struct ds_event *ev)
{
	int r;

	if (!run->join || (ev->type != DS_EV_BUFFER && ev->type != DS_EV_ALIAS))
		return 0;
	r = ds_inode_note(run, ev->a, process, ev->buffer);
	if (!r)
		ds_kernel_join_buffer(run->join, process, ev);
	return r;
}

/* One event of one process: judged, then it takes effect. */
static int step(struct ds_run *run, uint32_t process, const struct ds_event *ev, uint32_t slot)
{
	struct ds_process *p = &run->process[process];
	int r;

	count_event(run, p, ev);
	r = ds_kernel_join_until(run->join, ev->time_ns);
	if (!r)
		r = judge_event(run, process, slot, ev);
	if (r)
		return r;
	ds_groups_before(run->groups, run, process, ev);
	r = ds_model_step(&p->model, ev, slot);
	if (r == -EBADMSG)
		p->torn++; /* a corrupt event: counted, and the rest is still read */
	else if (r)
		return r;
	else if (ds_groups_after(run->groups, run, process, ev))
		return -ENOMEM;
	r = note_inode(run, process, ev);
	return r ? r : list_buffer(run, process, ev);
}

static int next_of(void *ctx, struct ds_merge_head *ret)
{
	return ds_trace_next(ctx, &ret->ev, &ret->slot);
}

/* Every event of every source, in order of time. */
static int replay(struct ds_run *run, struct ds_merge *m, const uint32_t *process)
{
	struct ds_merge_head head;
	unsigned source;
	int r;

	while ((r = ds_merge_next(m, &source, &head)) > 0) {
		r = step(run, process[source], &head.ev, head.slot);
		if (r)
			return r;
		/* killed after this event, nobody knows when: nothing of it is held against others */
		if (ds_merge_ended(m, source))
			ds_groups_over(run->groups, process[source]);
	}
	return r;
}

static void note_groups(struct ds_run *run)
{
	for (uint32_t i = 0; i < run->buffers; i++) {
		struct ds_run_buffer *rb = &run->buffer[i];

		rb->group = ds_groups_number(
			run->groups, ds_model_buffer(&run->process[rb->process].model, rb->number));
	}
}

static int analyze(struct ds_run *run, struct ds_merge_source *source, uint32_t *process)
{
	struct ds_merge *m;
	unsigned sources = 0;
	int r;

	for (uint32_t i = 0; i < run->processes; i++) {
		if (run->process[i].launcher)
			continue;
		process[sources] = i;
		source[sources++] = (struct ds_merge_source){run->process[i].trace, next_of};
	}
	r = ds_kernel_join_open(run, &run->join);
	if (!r)
		r = ds_merge_create(source, sources, &m);
	if (r) {
		ds_kernel_join_close(run->join);
		run->join = NULL;
		return r;
	}
	r = replay(run, m, process);
	ds_merge_destroy(m);
	ds_kernel_join_close(run->join);
	run->join = NULL;
	for (uint32_t i = 0; i < run->processes; i++)
		run->process[i].torn += ds_trace_torn(run->process[i].trace);
	note_groups(run);
	return r;
}

int ds_analyze_run(struct ds_run *run)
{
	struct ds_merge_source *source = calloc(run->processes + 1u, sizeof(*source));
	uint32_t *process = calloc(run->processes + 1u, sizeof(*process));
	int r = -ENOMEM;

	run->groups = ds_groups_create();
	if (source && process && run->groups)
		r = analyze(run, source, process);
	free(source);
	free(process);
	return r;
}
