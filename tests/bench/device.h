/* SPDX-License-Identifier: MIT */
/* What the benchmark and its video node agree on. */
#ifndef BENCH_DEVICE_H
#define BENCH_DEVICE_H

#define BENCH_FIRST_FD	   500 /* descriptors from here on are nodes */
#define BENCH_NODES	   64
#define BENCH_OFFSET_SHIFT 25 /* the mmap offset of buffer i is i << 25: up to 32 MiB each */

#endif
