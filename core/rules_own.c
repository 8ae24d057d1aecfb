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

	if (!bracket || ctx->ev->result || !ctx->ev->b || ctx->buffer->hold.overflow)
		return false;
	*ret = (struct ds_hit){.prior = bracket->ref, .use = (unsigned)ctx->ev->b & DS_RW};
	return true;
}

bool ds_rule_own07(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (!(ctx->buffer->hold.promised & ctx->op))
		return false;
	*ret = (struct ds_hit){.prior = ctx->buffer->hold.promise_ref, .use = DS_DEVICE_WRITES};
	return true;
}
