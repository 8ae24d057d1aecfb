/* SPDX-License-Identifier: MIT */
/* Rules about SYNC brackets of dma-buf mappings. */
#include "core/model.h"

#include <errno.h>

/* Does the mapping need a bracket that grants this access, and is there none? */
static bool unbracketed(const struct ds_rule_ctx *ctx)
{
	const struct ds_hold *h = &ctx->buffer->hold;

	if (!ds_origin_needs_bracket(ctx->origin))
		return false;
	for (unsigned i = 0; i < h->brackets; i++)
		if (h->bracket[i].flags & ~h->bracket[i].dead & ctx->op)
			return false;
	return true;
}

/* A bracket that grants something, though not what the access needs. */
static const struct ds_bracket *live_bracket(const struct ds_hold *h)
{
	for (unsigned i = h->brackets; i-- > 0;)
		if (h->bracket[i].flags & ~h->bracket[i].dead & DS_RW)
			return &h->bracket[i];
	return NULL;
}

static uint64_t any_bracket(const struct ds_hold *h)
{
	return h->brackets ? h->bracket[h->brackets - 1].ref : 0;
}

bool ds_rule_syn01(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (ctx->op != DS_WRITE || ctx->origin != DS_ORIGIN_DMABUF || !unbracketed(ctx) ||
	    live_bracket(&ctx->buffer->hold))
		return false;
	*ret = (struct ds_hit){.prior = any_bracket(&ctx->buffer->hold)};
	return true;
}

bool ds_rule_syn02(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (ctx->op != DS_READ || ctx->origin != DS_ORIGIN_DMABUF || !unbracketed(ctx) ||
	    live_bracket(&ctx->buffer->hold))
		return false;
	*ret = (struct ds_hit){.prior = any_bracket(&ctx->buffer->hold)};
	return true;
}

bool ds_rule_syn03(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_bracket *bracket = live_bracket(&ctx->buffer->hold);

	if (ctx->op != DS_WRITE || ctx->origin != DS_ORIGIN_DMABUF || !unbracketed(ctx) || !bracket)
		return false;
	*ret = (struct ds_hit){.prior = bracket->ref};
	return true;
}

bool ds_rule_syn04(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_bracket *bracket = live_bracket(&ctx->buffer->hold);

	if (ctx->op != DS_READ || ctx->origin != DS_ORIGIN_DMABUF || !unbracketed(ctx) || !bracket)
		return false;
	*ret = (struct ds_hit){.prior = bracket->ref};
	return true;
}

bool ds_rule_syn05(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_bracket *bracket = ds_hold_bracket(&ctx->buffer->hold, DS_WRITE);

	/* ev->b: the last descriptor; at exit the analyser asks with an event of its own */
	if (!bracket || !ctx->ev->b || ctx->buffer->foreign || ctx->buffer->hold.overflow)
		return false;
	*ret = (struct ds_hit){.prior = bracket->ref};
	return true;
}

/*
 * udmabuf refuses an END that no START preceded (EINVAL), other exporters take it.  With flags that
 * are no flags (the recorder leaves those out) EINVAL would say nothing, and other errors do not.
 */
bool ds_rule_syn06(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_hold *h = &ctx->buffer->hold;

	if (!(ctx->ev->flags & DS_EVF_END) || (ctx->ev->result && ctx->ev->result != EINVAL))
		return false;
	if (h->brackets || h->overflow || ctx->buffer->foreign)
		return false;
	*ret = (struct ds_hit){.prior = ctx->buffer->failed_start ? ctx->buffer->failed_ref : 0};
	return true;
}

bool ds_rule_syn08(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (!unbracketed(ctx) || !(ctx->buffer->failed_start & ctx->op))
		return false;
	*ret = (struct ds_hit){.prior = ctx->buffer->failed_ref};
	return true;
}

bool ds_rule_syn09(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (ctx->origin != DS_ORIGIN_MEMFD || !unbracketed(ctx))
		return false;
	*ret = (struct ds_hit){.prior = any_bracket(&ctx->buffer->hold)};
	return true;
}
