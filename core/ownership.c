/* SPDX-License-Identifier: MIT */
/* Claims, brackets and what they leave to the CPU.  See ownership.h. */
#include "core/ownership.h"

#include <errno.h>
#include <string.h>

bool ds_origin_needs_bracket(enum ds_origin origin)
{
	return origin == DS_ORIGIN_DMABUF || origin == DS_ORIGIN_MEMFD;
}

static unsigned granted(const struct ds_hold *h)
{
	unsigned rights = 0;

	for (unsigned i = 0; i < h->brackets; i++)
		rights |= h->bracket[i].flags & ~h->bracket[i].dead;
	return rights & DS_RW;
}

/* Rights that the ways in which devices use the buffer leave. */
static unsigned left_by(unsigned use)
{
	if (use & DS_DEVICE_WRITES)
		return 0;
	return use ? DS_READ : DS_RW;
}

static unsigned used(const struct ds_hold *h)
{
	unsigned use = 0;

	for (unsigned i = 0; i < h->claims; i++)
		use |= h->claim[i].use;
	return use;
}

unsigned ds_allowed_beside(const struct ds_hold *h, const struct ds_elsewhere *e,
			   enum ds_origin origin)
{
	unsigned rights;

	if (h->overflow) /* not everything is known: an ambiguous buffer stays silent */
		return DS_RW;
	rights = left_by(used(h) | e->use);
	rights &= ~(unsigned)(h->promised | e->promised);
	if (ds_origin_needs_bracket(origin))
		rights &= granted(h) | e->granted;
	return rights;
}

unsigned ds_allowed(const struct ds_hold *h, enum ds_origin origin)
{
	static const struct ds_elsewhere nobody;

	return ds_allowed_beside(h, &nobody, origin);
}

void ds_hold_summary(const struct ds_hold *h, struct ds_elsewhere *ret)
{
	ret->use = 0;
	for (unsigned i = 0; i < h->claims; i++) /* who waited for a fence elsewhere is not known */
		if (!(h->claim[i].use & DS_DEVICE_FENCE))
			ret->use |= h->claim[i].use;
	ret->granted = (uint8_t)granted(h);
	ret->promised = h->promised;
}

int ds_hold_claim(struct ds_hold *h, uint32_t actor, uint32_t index, unsigned use, uint64_t ref)
{
	if (h->claims == DS_MAX_CLAIMS) {
		h->overflow++;
		return -ENOSPC;
	}
	h->claim[h->claims++] =
		(struct ds_claim){.actor = actor, .index = index, .use = (uint8_t)use, .ref = ref};
	return 0;
}

/* A device has written: what a READ bracket invalidated before is stale again. */
static void kill_reads(struct ds_hold *h)
{
	for (unsigned b = 0; b < h->brackets; b++)
		h->bracket[b].dead |= DS_READ;
}

static void remove_claim(struct ds_hold *h, unsigned i)
{
	for (h->claims--; i < h->claims; i++) /* hardly ever one: a call would cost more */
		h->claim[i] = h->claim[i + 1];
}

unsigned ds_hold_waited(struct ds_hold *h, unsigned use)
{
	unsigned ended = 0;

	for (unsigned i = h->claims; i-- > 0;) {
		if (!(h->claim[i].use & DS_DEVICE_FENCE) || !(h->claim[i].use & use))
			continue;
		if (h->claim[i].use & DS_DEVICE_WRITES)
			kill_reads(h);
		remove_claim(h, i);
		ended++;
	}
	return ended;
}

int ds_hold_release(struct ds_hold *h, uint32_t actor, uint32_t index, bool syncs,
		    struct ds_claim *ret_claim)
{
	unsigned i = 0;

	while (i < h->claims && !(h->claim[i].actor == actor && h->claim[i].index == index))
		i++;
	if (i == h->claims)
		return -ENOENT;
	if ((h->claim[i].use & DS_DEVICE_WRITES) && !syncs)
		kill_reads(h);
	if (ret_claim)
		*ret_claim = h->claim[i];
	remove_claim(h, i);
	return 0;
}

int ds_hold_start(struct ds_hold *h, unsigned flags, uint64_t ref)
{
	struct ds_bracket *last = h->brackets ? &h->bracket[h->brackets - 1] : NULL;

	flags &= DS_RW;
	/* START waits: for writers when the CPU is going to read, for all when it is going to write */
	ds_hold_waited(h, flags & DS_WRITE ? DS_DEVICE_READS | DS_DEVICE_WRITES : DS_DEVICE_WRITES);
	if (last && last->flags == flags && !last->dead) {
		last->count++;
		return 0;
	}
	if (h->brackets == DS_MAX_BRACKETS) {
		h->overflow++;
		return -ENOSPC;
	}
	h->bracket[h->brackets++] =
		(struct ds_bracket){.flags = (uint8_t)flags, .count = 1, .ref = ref};
	return 0;
}

const struct ds_bracket *ds_hold_ending(const struct ds_hold *h, unsigned flags)
{
	unsigned i = h->brackets;

	if (!i)
		return NULL;
	while (i && h->bracket[i - 1].flags != (flags & DS_RW))
		i--;
	return &h->bracket[i ? i - 1 : h->brackets - 1u];
}

void ds_hold_used(struct ds_hold *h, unsigned used)
{
	for (unsigned i = 0; i < h->brackets; i++)
		h->bracket[i].used |= (uint8_t)used;
}

int ds_hold_end(struct ds_hold *h, unsigned flags, struct ds_bracket *ret_bracket)
{
	const struct ds_bracket *ending = ds_hold_ending(h, flags);
	unsigned i = ending ? (unsigned)(ending - h->bracket) : 0;

	if (!ending)
		return -ENOENT;
	if (ret_bracket)
		*ret_bracket = h->bracket[i];
	if (--h->bracket[i].count)
		return 0;
	h->brackets--;
	memmove(&h->bracket[i], &h->bracket[i + 1], (h->brackets - i) * sizeof(h->bracket[0]));
	return 0;
}

const struct ds_bracket *ds_hold_bracket(const struct ds_hold *h, unsigned flags)
{
	for (unsigned i = h->brackets; i-- > 0;)
		if (h->bracket[i].flags & flags)
			return &h->bracket[i];
	return NULL;
}

const struct ds_claim *ds_hold_claimed(const struct ds_hold *h, unsigned use)
{
	for (unsigned i = h->claims; i-- > 0;)
		if (h->claim[i].use & use)
			return &h->claim[i];
	return NULL;
}

void ds_hold_join(struct ds_hold *into, const struct ds_hold *from)
{
	for (unsigned i = 0; i < from->claims; i++)
		ds_hold_claim(into, from->claim[i].actor, from->claim[i].index, from->claim[i].use,
			      from->claim[i].ref);
	for (unsigned i = 0; i < from->brackets; i++) {
		if (into->brackets == DS_MAX_BRACKETS) {
			into->overflow++;
			continue;
		}
		into->bracket[into->brackets++] = from->bracket[i];
	}
	if (!into->promised)
		into->promise_ref = from->promise_ref;
	into->promised |= from->promised;
	into->overflow += from->overflow;
}
