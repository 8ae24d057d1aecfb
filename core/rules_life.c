/* SPDX-License-Identifier: MIT */
/* Rules about the life of descriptors and mappings. */
#include "core/model.h"

bool ds_rule_lif02(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (ctx->ev->b || ctx->buffer->foreign) /* inherited: whoever opened it answers for it */
		return false;
	*ret = (struct ds_hit){.prior = ctx->buffer->birth};
	return true;
}

bool ds_rule_lif05(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (ctx->ev->c == DS_STALE_CLOSE || ctx->ev->c == DS_STALE_OTHER)
		return false;
	*ret = (struct ds_hit){.prior = ctx->buffer->closed};
	return true;
}

bool ds_rule_lif01(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (!(ctx->ev->flags & DS_EVF_GONE))
		return false;
	*ret = (struct ds_hit){.prior = ctx->buffer->unmapped};
	return true;
}

bool ds_rule_lif03(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (!ctx->map || ctx->buffer->foreign)
		return false;
	*ret = (struct ds_hit){.prior = ctx->map->ref};
	return true;
}

bool ds_rule_lif04(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	if (ctx->ev->c != DS_STALE_CLOSE && ctx->ev->c != DS_STALE_OTHER)
		return false;
	for (unsigned i = 0; i < DS_CLOSES_KEPT; i++) {
		const struct ds_closed *c = &ctx->buffer->fd_closed[i];

		if (!c->ref || c->fd != ctx->ev->a)
			continue;
		*ret = (struct ds_hit){.prior = c->ref};
		return true;
	}
	return false;
}
