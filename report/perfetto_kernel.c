/* SPDX-License-Identifier: MIT */
/* The kernel's side as trace events: what lasts beside the buffer, calls on the threads that made them. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "core/hash.h"
#include "core/kernel_replay.h"
#include "report/perfetto.h"

/* A slice that was begun. */
struct slice {
	uint64_t key; /* of what it is, and its buffer */
	uint32_t buffer, times;
	char *name;
};

struct kernel {
	struct ds_perfetto *t;
	unsigned part;
	struct ds_keymap open;
};

static int64_t pid_in(const struct kernel *k, int pid)
{
	return ds_perfetto_pid(k->part, pid);
}

static void put_slice(struct kernel *k, const char *phase, const struct slice *s, uint64_t ns)
{
	const struct ds_run *run = k->t->run;

	k->t->pid = pid_in(k, run->process[run->buffer[s->buffer].process].pid);
	ds_perfetto_begin(k->t, phase, "kernel", s->name ? s->name : "", ns);
	fprintf(k->t->out, ",\"tid\":%" PRId64 ",\"id\":\"k%" PRIx64 "\",\"args\":{}}", k->t->pid,
		s->key);
}

static char *name_of(const struct kernel *k, const struct ds_kernel_step *step)
{
	char buffer[512], *name = NULL;

	ds_run_buffer_name(k->t->run, step->buffer, buffer, sizeof(buffer));
	if (asprintf(&name, "%s kernel: %s%s%s", buffer, ds_kernel_track_name(step->track),
		     *step->device ? " for " : "", step->device) < 0)
		return NULL;
	return name;
}

static int on_span(struct kernel *k, const struct ds_kernel_step *step)
{
	uint64_t key = ds_hash_u64(ds_hash_u64(DS_HASH_INIT, step->object), step->buffer) | 1;
	struct slice *s = step->kind == DS_KSTEP_BEGIN ? ds_keymap_get(&k->open, key)
						       : ds_keymap_find(&k->open, key);

	if (!s)
		return step->kind == DS_KSTEP_BEGIN ? -ENOMEM : 0;
	if (step->kind == DS_KSTEP_BEGIN) {
		if (s->times++)
			return 0;
		s->buffer = step->buffer;
		s->name = name_of(k, step);
		put_slice(k, "b", s, step->line->ns);
	} else if (!--s->times) {
		put_slice(k, "e", s, step->line->ns);
		free(s->name);
		ds_keymap_remove(&k->open, key);
	}
	return 0;
}

static int on_step(void *ctx, const struct ds_kernel_step *step)
{
	struct kernel *k = ctx;
	const struct ds_kernel_line *line = step->line;

	if (step->kind != DS_KSTEP_POINT)
		return on_span(k, step);
	k->t->pid = pid_in(k, line->pid);
	ds_perfetto_begin(k->t, "i", "kernel", ds_kernel_event_name(line->event), line->ns);
	fprintf(k->t->out,
		",\"tid\":%d,\"s\":\"t\",\"args\":{\"buffer\":%" PRIu32 ",\"effect\":%" PRIu64 "}}",
		line->tid, step->buffer + 1, line->number[DS_KNUM_effect]);
	return 0;
}

int ds_perfetto_kernel(struct ds_perfetto *t, unsigned part)
{
	struct kernel k = {.t = t, .part = part, .open.size = sizeof(struct slice)};
	uint32_t at = 0;
	struct slice *s;
	int r;

	ds_perfetto_base(t, part);
	r = ds_kernel_replay(t->run, part, on_step, &k);
	while ((s = ds_keymap_next(&k.open, &at))) {
		put_slice(&k, "e", s, t->last_ns);
		free(s->name);
	}
	ds_keymap_finish(&k.open);
	return r;
}
