/* SPDX-License-Identifier: MIT */
/* A histogram with logarithmic buckets: fixed size, whatever it is fed. */
#include "core/latency.h"

static unsigned bucket_of(uint64_t ns)
{
	unsigned log;

	if (ns < DS_LATENCY_SUB)
		return (unsigned)ns;
	log = 63u - (unsigned)__builtin_clzll(ns);
	return (log - 2) * DS_LATENCY_SUB + (unsigned)(ns >> (log - 3) & (DS_LATENCY_SUB - 1));
}

uint64_t ds_latency_floor(unsigned i)
{
	if (i < DS_LATENCY_SUB)
		return i;
	return (uint64_t)(DS_LATENCY_SUB + i % DS_LATENCY_SUB) << (i / DS_LATENCY_SUB - 1);
}

void ds_latency_add(struct ds_latency *l, uint64_t ns)
{
	if (!l->count || ns < l->min)
		l->min = ns;
	if (ns > l->max)
		l->max = ns;
	l->count++;
	l->sum += ns;
	l->bucket[bucket_of(ns)]++;
}

uint64_t ds_latency_quantile(const struct ds_latency *l, unsigned percent)
{
	uint64_t wanted = (l->count * percent + 99) / 100, seen = 0;
	uint64_t low, high;
	unsigned i = 0;

	if (!l->count)
		return 0;
	while (i < DS_LATENCY_BUCKETS - 1 && (seen += l->bucket[i]) < wanted)
		i++;
	low = ds_latency_floor(i);
	high = i + 1 < DS_LATENCY_BUCKETS ? ds_latency_floor(i + 1) : l->max;
	low += (high - low) / 2; /* the middle of the bucket, but never beyond what was seen */
	return low < l->min ? l->min : low > l->max ? l->max : low;
}
