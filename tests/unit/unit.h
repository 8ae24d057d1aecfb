/* SPDX-License-Identifier: MIT */
/* What the unit tests share: the suites, checks with a text of their own, traces in scratch dirs. */
#ifndef UNIT_H
#define UNIT_H

#include <CUnit/CUnit.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/run.h"
#include "core/trace.h"

extern CU_TestInfo unit_ownership[], unit_hold[], unit_rules_own[], unit_rules_fence[],
	unit_rules_sync[], unit_processes[], unit_rules_call[], unit_rules_life[],
	unit_rules_observe[], unit_trace[], unit_trace_full[], unit_trace_file[],
	unit_trace_threads[], unit_trace_hostile[], unit_token[], unit_tables[], unit_ioctl[],
	unit_strings[], unit_run[], unit_verdict[], unit_coherency[], unit_kernel[];

/* A check whose failure says what `format` says. */
#define UNIT_CHECK(ok, ...) unit_check(ok, __FILE__, __LINE__, __VA_ARGS__)
__attribute__((format(printf, 4, 5))) bool unit_check(bool ok, const char *file, unsigned line,
						      const char *format, ...);

/* ---- scratch directories ---- */

#define UNIT_PATH 256

/* Make an empty directory; ends the test program when it cannot. */
void unit_dir_make(char path[UNIT_PATH]);
void unit_dir_remove(const char *path);

/* Whole files; false on any error.  *ret is malloc'ed. */
bool unit_file_read(const char *path, uint8_t **ret, size_t *ret_size);
bool unit_file_write(const char *path, const void *data, size_t size);

/* ---- writing traces ---- */

struct unit_trace {
	char path[UNIT_PATH + 32];
	int fd;
	uint64_t limit;	     /* size that extend() refuses to go beyond, 0 = none */
	unsigned extend_ms;  /* how long extend() takes */
	unsigned extensions; /* calls of extend() */
	struct ds_trace_writer w;
};

/* Start DIR/NAME with the identifying words of `proto` (NULL: none).  0 or -errno. */
int unit_trace_start(struct unit_trace *t, const char *dir, const char *name,
		     const struct ds_trace_header *proto);

/* Unmap and close; `cut`: let the file end at the last slot that was reserved. */
void unit_trace_finish(struct unit_trace *t, bool cut);

/* Append an event of `type` whose word a is `a`; the slot or 0. */
uint32_t unit_put(struct unit_trace *t, uint32_t tid, unsigned type, uint64_t a);
uint32_t unit_put_string(struct unit_trace *t, const char *text);
uint32_t unit_put_stack(struct unit_trace *t, const uint64_t *frame, unsigned n);
void unit_put_meta(struct unit_trace *t, const char *key, const char *value);

/* ---- one trace, written and then read ---- */

struct unit_pair {
	char dir[UNIT_PATH];
	struct unit_trace t;
	struct ds_trace_reader *r;
};

void unit_pair_begin(struct unit_pair *p, uint64_t limit, const struct ds_trace_header *proto);
void unit_pair_read(struct unit_pair *p); /* ends writing */
void unit_pair_end(struct unit_pair *p);

/* Events up to the end; each must continue the row first, first + 1 ... in word a. */
uint64_t unit_count_in_order(struct ds_trace_reader *r, uint64_t first);

#endif
