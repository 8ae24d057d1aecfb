/* SPDX-License-Identifier: MIT */
/* Which entry of a suppression file covers which finding. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/suppress.h"

/* One star at a time, so that no pattern makes it exponential on a hostile name. */
bool ds_glob(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		bool literal = *pattern == '\\' && pattern[1];

		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
		} else if (*pattern == '?' || pattern[literal] == *text) {
			pattern += 1 + literal;
			text++;
		} else if (star) {
			pattern = star;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

/* A pattern without a slash is about the last part of a path. */
static bool matches_path(const char *pattern, const char *path)
{
	const char *slash = strrchr(path, '/');

	return ds_glob(pattern, slash && !strchr(pattern, '/') ? slash + 1 : path);
}

static bool matches_frame(const struct ds_suppression *s, const struct ds_frame *f)
{
	if (s->function && !(f->function && ds_glob(s->function, f->function)))
		return false;
	if (s->source && !(f->file && matches_path(s->source, f->file)))
		return false;
	if (s->module && !(*f->module && matches_path(s->module, f->module)))
		return false;
	if (s->build_id && strncasecmp(s->build_id, f->build_id, strlen(s->build_id)))
		return false;
	return !s->offset || strtoull(s->offset, NULL, 16) == f->offset;
}

/* The innermost frame that is not the C library's: whose code it was. */
static unsigned top_of(const struct ds_stack *stack)
{
	unsigned i = 0;

	while (i < stack->frames && ds_frame_in_libc(&stack->frame[i]))
		i++;
	return i < stack->frames ? i : 0;
}

static bool matches_stack(const struct ds_suppression *s, const struct ds_finding *f)
{
	/* what happens at exit has no stack of its own: there the earlier event is the place */
	bool prior = s->stack ? !strcmp(s->stack, "prior") : !f->access.stack.frames;
	const struct ds_stack *stack = prior ? &f->prior.stack : &f->access.stack;
	unsigned top = top_of(stack);

	if (!s->function && !s->source && !s->module && !s->build_id)
		return true;
	if (s->frame && !strcmp(s->frame, "top"))
		return stack->frames && matches_frame(s, &stack->frame[top]);
	for (unsigned i = 0; i < stack->frames; i++)
		if (matches_frame(s, &stack->frame[i]))
			return true;
	return false;
}

/* The device that made the buffer, or the one that had it when the rule was broken. */
static bool matches_device(const char *pattern, const struct ds_run *run,
			   const struct ds_finding *f)
{
	const struct ds_process *p = &run->process[f->process];
	const struct ds_device *device;
	struct ds_event ev = {0};
	char path[512] = "";

	if (*run->buffer[f->buffer].device && ds_glob(pattern, run->buffer[f->buffer].device))
		return true;
	if (!f->prior.slot || ds_trace_event(p->trace, f->prior.slot, &ev))
		return false;
	device = ds_model_device(&p->model, ev.actor);
	if (device)
		ds_trace_string(p->trace, device->path, path, sizeof(path));
	return *path && ds_glob(pattern, path);
}

bool ds_suppression_matches(const struct ds_suppression *s, const struct ds_run *run,
			    const struct ds_finding *f)
{
	const char *exporter = run->buffer[f->buffer].exporter;

	if (s->rule && !ds_glob(s->rule, ds_rule(f->rule)->id))
		return false;
	if (s->token && !ds_glob(s->token, f->token))
		return false;
	if (s->exporter && !(*exporter && ds_glob(s->exporter, exporter)))
		return false;
	if (s->device && !matches_device(s->device, run, f))
		return false;
	return matches_stack(s, f);
}

static const struct ds_excuse *first_match(void *ctx, const struct ds_run *run,
					   const struct ds_finding *f)
{
	struct ds_suppressions *list = ctx;
	const struct ds_excuse *excuse = NULL;

	/* every entry that matches is of use, the first one is named */
	for (unsigned i = 0; i < list->entries; i++) {
		struct ds_suppression *s = list->entry[i];

		if (!ds_suppression_matches(s, run, f))
			continue;
		s->hits++;
		if (!excuse)
			excuse = &s->excuse;
	}
	return excuse;
}

int ds_run_excuse(struct ds_run *run,
		  const struct ds_excuse *(*excuse_of)(void *ctx, const struct ds_run *run,
						       const struct ds_finding *f),
		  void *ctx)
{
	unsigned kept = 0, total = run->findings + run->suppresseds;
	struct ds_finding **list = realloc(run->suppressed, (total + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	run->suppressed = list;
	for (unsigned i = 0; i < run->findings; i++) {
		struct ds_finding *f = run->finding[i];

		f->excuse = excuse_of(ctx, run, f);
		if (f->excuse)
			list[run->suppresseds++] = f;
		else
			run->finding[kept++] = f;
	}
	run->findings = kept;
	return 0;
}

int ds_suppressions_apply(struct ds_suppressions *list, struct ds_run *run)
{
	const struct ds_excuse **unused;
	int r = ds_run_excuse(run, first_match, list);

	if (r)
		return r;
	unused = calloc(list->entries + 1u, sizeof(const struct ds_excuse *));
	if (!unused)
		return -ENOMEM;
	free(run->unused);
	run->unused = unused;
	run->unuseds = 0;
	for (unsigned i = 0; i < list->entries; i++)
		if (!list->entry[i]->hits)
			unused[run->unuseds++] = &list->entry[i]->excuse;
	return 0;
}
