/* SPDX-License-Identifier: MIT */
/* Rules about what drivers do in the kernel. */
#include "core/kernel_model.h"
#include "core/rules.h"

#define NUM(ctx, field) ((ctx)->kernel->line->number[DS_KNUM_##field])

enum { BIDIRECTIONAL, TO_DEVICE, FROM_DEVICE }; /* enum dma_data_direction */

static bool is(const struct ds_rule_ctx *ctx, enum ds_kernel_event event)
{
	return ctx->kernel->line->event == event;
}

/* The list of an unmap or sync, if all that happened to it could be seen. */
static const struct ds_kernel_sg *list_of(const struct ds_rule_ctx *ctx)
{
	const struct ds_kernel_ctx *k = ctx->kernel;

	if (!is(ctx, DS_KEV_DMA_UNMAP_SG) && !is(ctx, DS_KEV_DMA_SYNC_SG))
		return NULL;
	return k->sg && !k->sg->hidden && !k->block_layer && k->line->pid ? k->sg : NULL;
}

bool ds_rule_krn01(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_kernel_sg *sg = list_of(ctx);

	if (!sg || sg->mapped)
		return false;
	*ret = (struct ds_hit){.place = sg->unmap_place};
	return true;
}

/* A sync may go one way in a mapping that goes both; SYNC of a program says its own direction. */
static bool wrong_direction(const struct ds_rule_ctx *ctx, const struct ds_kernel_sg *sg)
{
	if (NUM(ctx, dir) == sg->dir)
		return false;
	if (is(ctx, DS_KEV_DMA_UNMAP_SG))
		return true;
	return sg->dir != BIDIRECTIONAL && !NUM(ctx, ioctl) && !ctx->kernel->by_exporter;
}

bool ds_rule_krn02(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_kernel_sg *sg = list_of(ctx);

	if (!sg || !sg->mapped || (!wrong_direction(ctx, sg) && NUM(ctx, n) == sg->n))
		return false;
	*ret = (struct ds_hit){.place = sg->map_place};
	return true;
}

bool ds_rule_krn03(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_kernel_attachment *a = ctx->kernel->attachment;
	const struct ds_kernel_buffer *b = ctx->kernel->buffer;

	if (is(ctx, DS_KEV_DETACH) && a && a->maps)
		*ret = (struct ds_hit){.place = a->map_place};
	else if (is(ctx, DS_KEV_RELEASE) && b && b->mapped)
		*ret = (struct ds_hit){.place = b->map_place};
	else
		return false;
	return true;
}

/* Two that only read do not disturb each other. */
static bool conflicts(uint64_t dir, unsigned use)
{
	return use & DS_DEVICE_WRITES || (use && dir != FROM_DEVICE);
}

bool ds_rule_krn04(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_kernel_buffer *b = ctx->kernel->buffer;

	if (!b)
		return false;
	if (is(ctx, DS_KEV_KCPU_BEGIN) && conflicts(NUM(ctx, dir), b->queued_use))
		*ret = (struct ds_hit){.place = b->queue_place, .use = b->queued_use};
	else if (is(ctx, DS_KEV_FENCE_ADD) && NUM(ctx, usage) <= 1 && b->cpu)
		*ret = (struct ds_hit){.place = b->cpu_place, .use = DS_DEVICE_WRITES};
	else
		return false;
	return true;
}

bool ds_rule_krn05(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_kernel_buffer *b = ctx->kernel->buffer;

	if (!is(ctx, DS_KEV_RELEASE) || !b || !b->attached)
		return false;
	*ret = (struct ds_hit){.place = b->attach_place};
	return true;
}

bool ds_rule_krn06(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_kernel_buffer *b = ctx->kernel->buffer;
	uint64_t effect = NUM(ctx, effect);

	if (!ctx->kernel->asked || !is(ctx, DS_KEV_SYNC) || NUM(ctx, ret))
		return false;
	/* where no device is attached there is nothing that a SYNC could have to do */
	if (effect != DS_EFFECT_NONE && !(effect == DS_EFFECT_ELIDED && b && b->attached))
		return false;
	*ret = (struct ds_hit){.place = b ? b->attach_place : 0};
	return true;
}

/* Maps after which it is no accident that they come back frame by frame. */
enum { ROUNDS = 8 };

bool ds_rule_adv04(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_kernel_attachment *a = ctx->kernel->attachment;

	if (!ctx->kernel->asked || !is(ctx, DS_KEV_MAP) || !a || a->maps || a->rounds < ROUNDS ||
	    NUM(ctx, ret) || NUM(ctx, effect) != DS_EFFECT_PERFORMED)
		return false;
	*ret = (struct ds_hit){.place = a->first_place};
	return true;
}

bool ds_rule_adv05(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_kernel_device *d = ctx->kernel->device;

	if (!ctx->kernel->asked || !is(ctx, DS_KEV_BOUNCE) || !d || !d->attached)
		return false;
	*ret = (struct ds_hit){.place = d->attach_place};
	return true;
}

bool ds_rule_krn07(const struct ds_rule_ctx *ctx, struct ds_hit *ret)
{
	const struct ds_kernel_buffer *b = ctx->kernel->buffer;
	uint64_t cache = ctx->kernel->cache;

	if (!cache || !b || !b->cache || b->cache == cache)
		return false;
	*ret = (struct ds_hit){.place = b->mmap_place};
	return true;
}
