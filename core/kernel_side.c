/* SPDX-License-Identifier: MIT */
/* The recording of the kernel's side as a whole: what it holds, what it lacks. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/kernel_judge.h"
#include "core/strings.h"

#define MAX_LIST 256

static const char *keep(struct ds_run *run, const struct ds_kernel_line *line)
{
	char text[256];

	snprintf(text, sizeof(text), "%.*s", (int)line->text_len, line->text);
	return ds_strings_add(run->strings, text);
}

/* "block reason ..." as "block: reason ..." */
static const char *keep_missing(struct ds_run *run, const struct ds_kernel_line *line)
{
	const char *blank = memchr(line->text, ' ', line->text_len);
	int block = blank ? (int)(blank - line->text) : (int)line->text_len;
	char text[256];

	snprintf(text, sizeof(text), "%.*s%s%.*s", block, line->text, blank ? ": " : "",
		 blank ? (int)line->text_len - block - 1 : 0, blank ? blank + 1 : "");
	return ds_strings_add(run->strings, text);
}

static int append(const char ***list, unsigned *n, const char *text)
{
	const char **more;

	if (*n == MAX_LIST)
		return 0;
	more = realloc(*list, (*n + 1) * sizeof(*more));
	if (!more)
		return -ENOMEM;
	*list = more;
	more[(*n)++] = text;
	return 0;
}

static void count_event(struct ds_kernel_side *s, const struct ds_kernel_line *line)
{
	uint64_t effect = line->number[DS_KNUM_effect];

	s->events++;
	if (!s->first_ns || line->ns < s->first_ns)
		s->first_ns = line->ns;
	if (line->ns > s->last_ns)
		s->last_ns = line->ns;
	if (line->event == DS_KEV_SYNC && !line->number[DS_KNUM_ret])
		s->effect[effect <= DS_EFFECT_NONE ? effect : DS_EFFECT_UNKNOWN]++;
	if (line->event == DS_KEV_BOUNCE)
		s->bounced += line->number[DS_KNUM_bytes];
}

static int take_line(struct ds_run *run, const struct ds_kernel_line *line)
{
	struct ds_kernel_side *s = &run->kernel_side;

	switch (line->kind) {
	case DS_KLINE_EVENT: count_event(s, line); return 0;
	case DS_KLINE_ATTACHED:
		/* blocks that only help others are no probes */
		return line->text_len == 7 && !memcmp(line->text, "prelude", 7)
			       ? 0
			       : append(&s->attached, &s->attacheds, keep(run, line));
	case DS_KLINE_MISSING: return append(&s->missing, &s->missings, keep_missing(run, line));
	case DS_KLINE_FAILED: s->failed = keep(run, line); return 0;
	case DS_KLINE_READY: s->recorded = true; return 0;
	case DS_KLINE_END: s->complete = true; return 0;
	case DS_KLINE_COST:
		s->attach_ns = line->value;
		s->record_ns = line->ns;
		return 0;
	case DS_KLINE_LOST: s->lost += line->value; return 0;
	case DS_KLINE_BAD: s->bad++; return 0;
	default: return 0;
	}
}

int ds_kernel_side_load(struct ds_run *run)
{
	struct ds_kernel_line line;
	size_t at = 0;
	int r = ds_kernel_open(run->dir, &run->lines);

	run->kernel_side.failed = "";
	run->inode.size = sizeof(struct ds_inode);
	if (r == -ENOENT)
		return 0;
	run->kernel_side.present = true;
	if (r == -ENOMEM)
		return r;
	if (r) {
		run->kernel_side.failed = ds_strings_add(run->strings, strerror(-r));
		return 0;
	}
	while (!r && ds_kernel_line_next(run->lines, &at, &line))
		r = take_line(run, &line);
	if (!run->kernel_side.recorded) {
		ds_kernel_close(run->lines);
		run->lines = NULL;
	}
	return r;
}

void ds_kernel_side_finish(struct ds_run *run)
{
	free(run->kernel_side.attached);
	free(run->kernel_side.missing);
	free(run->kernel_side.user);
	ds_kernel_close(run->lines);
	ds_keymap_finish(&run->inode);
	run->lines = NULL;
}

int ds_inode_note(struct ds_run *run, uint64_t inode, uint32_t process, uint32_t number)
{
	struct ds_inode *known;

	if (!run->lines || !inode || !number)
		return 0;
	known = ds_keymap_get(&run->inode, inode);
	if (!known)
		return -ENOMEM;
	if (!known->number)
		*known = (struct ds_inode){inode, process, number};
	return 0;
}
