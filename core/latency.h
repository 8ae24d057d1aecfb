/* SPDX-License-Identifier: MIT */
/* How long something took, many times: exact ends and sum, quantiles from a histogram. */
#ifndef DS_CORE_LATENCY_H
#define DS_CORE_LATENCY_H

#include <stdint.h>

/* Buckets grow by an eighth of a power of two: a quantile is right within 6 %. */
#define DS_LATENCY_SUB	   8
#define DS_LATENCY_BUCKETS ((64 - 3 + 1) * DS_LATENCY_SUB)

struct ds_latency {
	uint64_t count, min, max, sum;
	uint32_t bucket[DS_LATENCY_BUCKETS];
};

void ds_latency_add(struct ds_latency *l, uint64_t ns);

/* The value that `percent` of a hundred do not exceed; 0 when there is none. */
uint64_t ds_latency_quantile(const struct ds_latency *l, unsigned percent);

/* The smallest value that falls into bucket `i`. */
uint64_t ds_latency_floor(unsigned i);

#endif
