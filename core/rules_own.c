/* SPDX-License-Identifier: MIT */
/* Rules about buffers that a device owns. */
#include "core/model.h"

static bool claimed(const struct ds_rule_ctx *ctx, unsigned use, struct ds_hit *ret)
{
	const struct ds_claim *claim = ds_hold_claimed(&ctx->buffer->hold, use);

	if (!claim)
		return false;
	*ret = (struct ds_hit){.prior = claim->ref, .use = claim->use};
	return true;
}

bool ds_rule_own01(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	return ctx->op == DS_WRITE && claimed(ctx, DS_DEVICE_READS | DS_DEVICE_WRITES, ret);
}

bool ds_rule_own02(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	return ctx->op == DS_READ && claimed(ctx, DS_DEVICE_WRITES, ret);
}

bool ds_rule_own03(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_bracket *bracket = ds_hold_bracket(&ctx->buffer->hold, DS_WRITE);

	if (!bracket || ctx->ev->result || !ctx->ev->b || ctx->buffer->hold.overflow)
		return false;
	*ret = (struct ds_hit){.prior = bracket->ref, .use = (unsigned)ctx->ev->b};
	return true;
}

bool ds_rule_own07(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (!(ctx->buffer->hold.promised & ctx->op))
		return false;
	*ret = (struct ds_hit){.prior = ctx->buffer->hold.promise_ref, .use = DS_DEVICE_WRITES};
	return true;
}
