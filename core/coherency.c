/* SPDX-License-Identifier: MIT */
/* The operations of coherency.def, line by line. */
#include "core/coherency.h"

#include <string.h>

enum {
	EVICT = 1 << 0,	    /* half of the dirty lines reach the device */
	CLEAN = 1 << 1,	    /* all dirty lines do */
	PREFETCH = 1 << 2,  /* half of the stale lines are fetched anew */
	FILL_COLD = 1 << 3, /* all stale lines, once after the first mmap */
	MARK = 1 << 4,	    /* what is stale now must not be taken for a store later */
	LOAD = 1 << 5,	    /* everything is fetched anew, dirty lines are lost */
	COOL = 1 << 6,
	COPY_OUT = 1 << 7, /* bounce: whole buffers */
	COPY_IN = 1 << 8,
};

static const struct row {
	const char *text;
	unsigned ops[DS_POLICIES];
} rows[DS_CACHE_EVENTS] = {
#define EVENT(name, text, stale, stale7, random, bounce) {text, {0, stale, stale7, random, bounce}},
#include "core/coherency.def"
#undef EVENT
};

/* of pages that are equal nothing else is looked at */
#define BLOCK 4096u

struct pass {
	struct ds_images *im;
	unsigned ops;
	uint64_t n;
	bool dirty_only; /* LOAD: the rest has been fetched just before */
	struct ds_damage damage;
};

/* splitmix64's finaliser: every bit depends on every bit */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static uint64_t dice(const struct pass *p, size_t line, uint64_t what)
{
	uint64_t x = mix(p->im->seed + 0x9e3779b97f4a7c15ull);

	x = mix(x ^ p->im->id);
	x = mix(x ^ p->n << 8 ^ what);
	return mix(x ^ line);
}

static bool half(const struct pass *p, size_t line, uint64_t what)
{
	return dice(p, line, what) >> 63;
}

static void write_back(struct pass *p, size_t at, size_t n)
{
	struct ds_images *im = p->im;

	if (im->readonly)
		return;
	memcpy(im->real + at, im->shadow + at, n);
	memcpy(im->pristine + at, im->shadow + at, n);
	im->mark[at / DS_LINE] = 0;
}

static void fetch(struct pass *p, size_t at, size_t n)
{
	struct ds_images *im = p->im;

	memcpy(im->pristine + at, im->real + at, n);
	memcpy(im->shadow + at, im->pristine + at, n);
	im->mark[at / DS_LINE] = 0;
}

/*
 * A store of the very bytes that a stale line holds would not be seen as one.  So the line is changed
 * where only a read that nobody granted can see it, by 1 to 3 in each byte.
 */
static void mark(struct pass *p, size_t at, size_t n)
{
	struct ds_images *im = p->im;
	uint8_t k = (uint8_t)(1 + dice(p, at / DS_LINE, 'm') % 3);

	if (im->mark[at / DS_LINE])
		return;
	im->mark[at / DS_LINE] = 1;
	for (size_t i = at; i < at + n; i++)
		im->pristine[i] ^= k;
	memcpy(im->shadow + at, im->pristine + at, n);
}

static void dirty_line(struct pass *p, size_t at, size_t n)
{
	if ((p->ops & CLEAN) || ((p->ops & EVICT) && half(p, at / DS_LINE, 'e')))
		write_back(p, at, n);
	else if (p->ops & LOAD)
		p->damage.lost++;
}

static void stale_line(struct pass *p, size_t at, size_t n)
{
	if (((p->ops & FILL_COLD) && p->im->cold) ||
	    ((p->ops & PREFETCH) && half(p, at / DS_LINE, 'p')))
		fetch(p, at, n);
	else if (p->ops & MARK)
		mark(p, at, n);
}

static void lines_of(struct pass *p, size_t at, size_t end, bool look_at_real)
{
	const struct ds_images *im = p->im;

	for (; at < end; at += DS_LINE) {
		size_t n = end - at < DS_LINE ? end - at : DS_LINE;

		if (memcmp(im->shadow + at, im->pristine + at, n))
			dirty_line(p, at, n);
		else if (look_at_real && memcmp(im->pristine + at, im->real + at, n))
			stale_line(p, at, n);
	}
}

/* Block by block, so that what is compared is copied while it is near. */
static void load(const struct ds_images *im, size_t at, size_t n, bool dirty)
{
	bool old = memcmp(im->pristine + at, im->real + at, n);

	/* by way of pristine: a device that writes just now must not make the two differ */
	if (old)
		memcpy(im->pristine + at, im->real + at, n);
	if (old || dirty)
		memcpy(im->shadow + at, im->pristine + at, n);
	memset(im->mark + at / DS_LINE, 0, DS_LINES(n));
}

static void caches(struct pass *p)
{
	const struct ds_images *im = p->im;
	bool look_at_real = p->ops & (FILL_COLD | PREFETCH | MARK);

	for (size_t at = 0; at < im->size; at += BLOCK) {
		size_t n = im->size - at < BLOCK ? im->size - at : BLOCK;
		bool dirty = memcmp(im->shadow + at, im->pristine + at, n);

		if (dirty || (look_at_real && memcmp(im->pristine + at, im->real + at, n)))
			lines_of(p, at, at + n, look_at_real);
		if ((p->ops & LOAD) && (dirty || !p->dirty_only))
			load(im, at, n, dirty);
	}
}

static void bounce(struct pass *p)
{
	struct ds_images *im = p->im;

	if ((p->ops & COPY_OUT) && !im->readonly)
		memcpy(im->real, im->shadow, im->size);
	if (p->ops & COPY_IN)
		memcpy(im->shadow, im->real, im->size);
}

unsigned ds_cache_ops(enum ds_policy policy, enum ds_cache_event event)
{
	return rows[event].ops[policy];
}

struct ds_damage ds_cache_step(struct ds_images *im, enum ds_policy policy,
			       enum ds_cache_event event, uint64_t n)
{
	struct pass p = {.im = im, .ops = ds_cache_ops(policy, event), .n = n};

	/* a queue's buffer between DQBUF and QBUF is the program's alone: no device wrote to it */
	p.dirty_only = event == DS_CACHE_QUEUE_CAPTURE && im->fetched;
	im->fetched = event != DS_CACHE_QUEUE_CAPTURE && (p.ops & LOAD);
	if (!p.ops || !im->real)
		return p.damage;
	if (p.ops & (COPY_IN | COPY_OUT))
		bounce(&p);
	else
		caches(&p);
	if (event == DS_CACHE_FIRST_MAP)
		p.damage.lost = 0; /* it has nothing to lose */
	if (p.ops & (LOAD | FILL_COLD))
		im->cold = false;
	if (p.ops & COOL)
		im->cold = true;
	return p.damage;
}

size_t ds_cache_differs(const struct ds_images *im, enum ds_policy policy, bool dirty)
{
	size_t lines = 0;

	if (!im->real)
		return 0;
	for (size_t at = 0; at < im->size; at += DS_LINE) {
		size_t n = im->size - at < DS_LINE ? im->size - at : DS_LINE;

		if (!(at % BLOCK)) {
			size_t block = im->size - at < BLOCK ? im->size - at : BLOCK;

			if (!memcmp(im->shadow + at, im->real + at, block)) {
				at += BLOCK - DS_LINE;
				continue;
			}
		}
		if (!memcmp(im->shadow + at, im->real + at, n))
			continue;
		lines += !dirty || policy == DS_POLICY_BOUNCE ||
			 memcmp(im->shadow + at, im->pristine + at, n);
	}
	return lines;
}

const char *ds_policy_name(enum ds_policy policy)
{
	static const char *const names[] = {"real", "stale", "stale7", "random", "bounce"};

	return names[policy];
}

const char *ds_cache_event_name(unsigned event)
{
	return event < DS_CACHE_EVENTS ? rows[event].text : "";
}
