/* SPDX-License-Identifier: MIT */
/*
 * Rules that must know what the CPU did inside its rights (observe=1).  They speak only of buffers
 * of which every access is seen: not of those that are shared, or that could not be guarded.
 */
#include "core/model.h"

#include "core/trace.h"

/* The bracket that this END closes for good, where all that happened in it was seen. */
static const struct ds_bracket *closed_by(const struct ds_rule_ctx *ctx)
{
	const struct ds_buffer *b = ctx->buffer;
	const struct ds_bracket *bracket = ds_hold_ending(&b->hold, (unsigned)ctx->ev->a);

	if (!ctx->observed || !(ctx->ev->flags & DS_EVF_END) || ctx->ev->result)
		return NULL;
	if (!bracket || bracket->count != 1 || b->hold.overflow || b->foreign || b->unseen ||
	    !b->guarded)
		return NULL;
	return bracket;
}

bool ds_rule_syn07(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_bracket *bracket = closed_by(ctx);
	const struct ds_hold *h = &ctx->buffer->hold;

	/* reads need nothing from END; a write that another open bracket covers may still get it */
	if (!bracket || (ctx->ev->a & DS_WRITE) || !(bracket->flags & bracket->used & DS_WRITE))
		return false;
	for (unsigned i = 0; i < h->brackets; i++)
		if (&h->bracket[i] != bracket && (h->bracket[i].flags & DS_WRITE))
			return false;
	*ret = (struct ds_hit){.prior = bracket->ref};
	return true;
}

bool ds_rule_adv01(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_bracket *bracket = closed_by(ctx);

	if (!bracket || bracket->used)
		return false;
	*ret = (struct ds_hit){.prior = bracket->ref};
	return true;
}

bool ds_rule_adv02(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_bracket *bracket = closed_by(ctx);

	/* "only wrote" is certain when each write was stepped over (guard=every) */
	if (!bracket || bracket->flags != DS_RW ||
	    (bracket->used != DS_READ && bracket->used != DS_WRITE))
		return false;
	*ret = (struct ds_hit){.prior = bracket->ref};
	return true;
}

/* Frames after which a buffer that was never touched is no accident. */
enum { ENOUGH = 4 };

bool ds_rule_adv03(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_buffer *b = ctx->buffer;

	if (!ctx->observed || b->kind != DS_KIND_V4L2 || !b->hints || b->claims < ENOUGH ||
	    b->touched || b->unseen || b->foreign)
		return false;
	*ret = (struct ds_hit){.prior = b->first_claim};
	return true;
}

/* A program that flushes now and then knows what it does: one that never does is meant. */
bool ds_rule_adv06(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_buffer *b = ctx->buffer;

	if (!ctx->observed || !b->unflushed || b->flushed || b->unseen || b->foreign)
		return false;
	*ret = (struct ds_hit){.prior = b->unflushed};
	return true;
}
