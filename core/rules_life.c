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
	*ret = (struct ds_hit){.prior = ctx->buffer->closed};
	return true;
}
