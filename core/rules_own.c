/* SPDX-License-Identifier: MIT */
/* Rules about buffers that a device owns. */
#include "core/model.h"

/* The latest claim with one of `use`, by a fence or by anything else. */
static bool claimed(const struct ds_rule_ctx *ctx, unsigned use, bool fence, struct ds_hit *ret)
{
	const struct ds_hold *h = &ctx->buffer->hold;

	for (unsigned i = h->claims; i-- > 0;) {
		const struct ds_claim *c = &h->claim[i];

		if (!(c->use & use) || !(c->use & DS_DEVICE_FENCE) == fence)
			continue;
		*ret = (struct ds_hit){.prior = c->ref,
				       .use = c->use & (DS_DEVICE_READS | DS_DEVICE_WRITES)};
		return true;
	}
	return false;
}

bool ds_rule_own01(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	return ctx->op == DS_WRITE && claimed(ctx, DS_DEVICE_READS | DS_DEVICE_WRITES, false, ret);
}

bool ds_rule_own02(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	return ctx->op == DS_READ && claimed(ctx, DS_DEVICE_WRITES, false, ret);
}

bool ds_rule_own05(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	unsigned use = DS_DEVICE_WRITES | (ctx->op == DS_WRITE ? DS_DEVICE_READS : 0);

	return claimed(ctx, use, true, ret);
}

bool ds_rule_own03(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_bracket *bracket = ds_hold_bracket(&ctx->buffer->hold, DS_WRITE);

	if (!bracket || ctx->ev->result || !ctx->ev->b || ctx->ev->b > DS_RW ||
	    ctx->buffer->hold.overflow)
		return false;
	*ret = (struct ds_hit){.prior = bracket->ref, .use = (unsigned)ctx->ev->b & DS_RW};
	return true;
}

static uint64_t device_of(const struct ds_rule_ctx *ctx, uint32_t actor)
{
	const struct ds_device *d = ds_model_device(ctx->model, actor);

	return d ? d->rdev : 0;
}

/* Queues of one device may work in place; only what no device can order is a conflict. */
bool ds_rule_own04(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_hold *h = &ctx->buffer->hold;
	uint64_t device = device_of(ctx, ctx->ev->actor);
	unsigned use = (unsigned)ctx->ev->b;

	if (ctx->ev->result || !use || use > DS_RW || !device || h->overflow)
		return false;
	for (unsigned i = h->claims; i-- > 0;) {
		const struct ds_claim *c = &h->claim[i];
		uint64_t other = device_of(ctx, c->actor);

		if (c->use > DS_RW || !other || other == device ||
		    !((c->use | use) & DS_DEVICE_WRITES))
			continue;
		*ret = (struct ds_hit){.prior = c->ref, .use = c->use | use};
		return true;
	}
	return false;
}

/* Scanout is no claim: a program that draws into its only framebuffer does what it means to. */
bool ds_rule_own06(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	/* what is forbidden anyway is worse than a torn picture */
	if (ctx->op != DS_WRITE || !(ctx->ev->flags & DS_EVF_LEGAL))
		return false;
	for (unsigned i = 0; i < DS_MAX_SHOWN; i++) {
		const struct ds_shown *s = &ctx->buffer->shown[i];

		if (!(s->state & DS_SCANOUT_SEVERAL))
			continue;
		*ret = (struct ds_hit){.prior = s->ref, .use = DS_DEVICE_READS};
		return true;
	}
	return false;
}

/*
 * NO_CACHE_CLEAN speaks of what was written before the hand-over, so it is judged there (and known
 * with observe=1 alone); NO_CACHE_INVALIDATE of what is read afterwards, so it is judged then.
 */
static bool queued_uncleaned(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_buffer *b = ctx->buffer;

	if (ctx->ev->result || !(ctx->ev->c & DS_CLAIM_NOCLEAN) || !b->written || !ctx->observed ||
	    b->unseen || b->foreign)
		return false;
	*ret = (struct ds_hit){.prior = b->written, .use = (unsigned)ctx->ev->b & DS_RW};
	return true;
}

bool ds_rule_own07(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (ctx->ev->type == DS_EV_CLAIM)
		return queued_uncleaned(ctx, ret);
	if (!(ctx->buffer->hold.promised & ctx->op))
		return false;
	*ret = (struct ds_hit){.prior = ctx->buffer->hold.promise_ref, .use = DS_DEVICE_WRITES};
	return true;
}
