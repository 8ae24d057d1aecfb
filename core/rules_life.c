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

/* Handles with fences of one buffer at one time: no ring of frames in flight is so deep. */
enum { TOO_MANY = 16 };

bool ds_rule_lif06(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_buffer *b = ctx->buffer;

	if (!(ctx->ev->flags & DS_EVF_FENCE_IN) || b->objects + 1 < TOO_MANY ||
	    b->objects_actor != ctx->ev->actor ||
	    ds_model_object(ctx->model, ctx->ev->actor, ctx->ev->a)) /* a handle is used again */
		return false;
	*ret = (struct ds_hit){.prior = b->first_object};
	return true;
}
