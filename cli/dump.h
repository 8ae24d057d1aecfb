/* SPDX-License-Identifier: MIT */
/* One event as a line: for people, or as a JSON object. */
#ifndef DS_CLI_DUMP_H
#define DS_CLI_DUMP_H

#include <stdio.h>

#include "core/run.h"

struct ds_dump_item {
	struct ds_process *process;
	struct ds_event ev;
	uint32_t slot;
	bool more;	 /* `ev` is valid */
	uint32_t buffer; /* id of the buffer in the run, 0 = none */
};

/* Id of the event's buffer in the run, 0 when it names none that is known. */
uint32_t ds_dump_buffer(const struct ds_run *run, const struct ds_dump_item *item);

void ds_dump_text(FILE *out, const struct ds_run *run, const struct ds_dump_item *item,
		  uint64_t start_ns);
void ds_dump_json(FILE *out, const struct ds_run *run, const struct ds_dump_item *item);

#endif
