/* SPDX-License-Identifier: MIT */
/* Opens a run directory, analyses every trace in it, and keeps the result. */
#include "core/run.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/analyze.h"
#include "core/group.h"
#include "core/kernel_judge.h"
#include "core/strings.h"

#define MAX_TRACES 4096 /* they are all open at once, see allow_traces() */

static int is_trace(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name), suffix = sizeof(DS_TRACE_SUFFIX) - 1;

	return n > suffix && !strcmp(entry->d_name + n - suffix, DS_TRACE_SUFFIX);
}

static const char *why_unreadable(int error)
{
	if (error == -EBADMSG)
		return "not a dmasan trace, or cut off inside its header";
	if (error == -EPROTO)
		return "a trace of another version or byte order";
	return strerror(-error);
}

static int note_unreadable(struct ds_run *run, const char *name, int error)
{
	char **list = realloc(run->unreadable, (run->unreadables + 1) * sizeof(*list));

	if (!list)
		return -ENOMEM;
	run->unreadable = list;
	if (asprintf(&list[run->unreadables], "%s: %s", name, why_unreadable(error)) < 0)
		return -ENOMEM;
	run->unreadables++;
	return 0;
}

static int add_process(struct ds_run *run, const char *name)
{
	struct ds_process *p = &run->process[run->processes];
	const struct ds_trace_header *h;
	int r;

	if (asprintf(&p->path, "%s/%s", run->dir, name) < 0)
		return -ENOMEM;
	r = ds_trace_open(p->path, &p->trace);
	if (r) {
		free(p->path);
		p->path = NULL;
		return note_unreadable(run, name, r);
	}
	h = ds_trace_header(p->trace);
	memcpy(p->comm, h->comm, sizeof(h->comm));
	p->pid = h->pid;
	p->ppid = h->ppid;
	p->start_ns = h->start_ns;
	p->features = h->features;
	p->ended = h->ended;
	p->lost = h->lost;
	p->closed_for = h->closed_for;
	p->launcher = !strcmp(name, "launcher" DS_TRACE_SUFFIX);
	run->processes++;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct ds_process *x = a, *y = b;

	if (x->launcher != y->launcher)
		return x->launcher ? -1 : 1;
	if (x->start_ns != y->start_ns)
		return x->start_ns < y->start_ns ? -1 : 1;
	return strcmp(x->path, y->path);
}

/* Shells allow 1024 open files where the system allows far more. */
static void allow_traces(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= limit.rlim_max)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int open_traces(struct ds_run *run)
{
	struct dirent **entry;
	int n = scandir(run->dir, &entry, is_trace, alphasort), r = 0;

	if (n < 0)
		return -errno;
	if (n > 512)
		allow_traces();
	run->process = calloc((size_t)n + 1, sizeof(*run->process));
	if (!run->process)
		r = -ENOMEM;
	for (int i = 0; i < n; i++) {
		if (!r && i < MAX_TRACES)
			r = add_process(run, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	if (!r && !run->processes)
		r = run->unreadables ? -EBADMSG : -ENOENT;
	if (!r)
		qsort(run->process, run->processes, sizeof(*run->process), by_start);
	return r;
}

static int add_argument(struct ds_run *run, const char *value)
{
	char **argv = realloc(run->argv, (run->argc + 1) * sizeof(*argv));

	if (!argv)
		return -ENOMEM;
	run->argv = argv;
	argv[run->argc] = strdup(value);
	return argv[run->argc] ? (run->argc++, 0) : -ENOMEM;
}

/* What a trace says about the program and its host; the launcher's word comes first. */
static int take_meta(struct ds_run *run, struct ds_process *p, bool arguments)
{
	char key[32], value[DS_MAX_STRING];
	struct ds_event ev;
	uint32_t slot;
	int r;

	while ((r = ds_trace_next(p->trace, &ev, &slot)) > 0) {
		if (!p->launcher && slot > 4096)
			break; /* the library writes its own first of all */
		if (ev.type != DS_EV_META)
			continue;
		ds_trace_string(p->trace, (uint32_t)ev.a, key, sizeof(key));
		ds_trace_string(p->trace, (uint32_t)ev.b, value, sizeof(value));
		if (!strcmp(key, "argv") && arguments && add_argument(run, value))
			return -ENOMEM;
		if (!strcmp(key, "kernel") && !*run->kernel)
			run->kernel = ds_strings_add(run->strings, value);
		if (!strcmp(key, "options") && !*run->options)
			run->options = ds_strings_add(run->strings, value);
		if (!strcmp(key, "coherency") && !*run->coherency)
			run->coherency = ds_strings_add(run->strings, value);
		if (!strcmp(key, "seed") && !*run->seed)
			run->seed = ds_strings_add(run->strings, value);
		if (!strcmp(key, "kernel_asked") && p->launcher)
			run->kernel_side.asked = true;
		if (!strcmp(key, "recording") && p->launcher)
			run->kernel_side.system = !strcmp(value, "system");
		if (!strcmp(key, "child") && p->launcher)
			run->pid = atoi(value);
		if (!strcmp(key, "exit_status") && p->launcher)
			run->exit_status = atoi(value);
	}
	return r < 0 ? r : ds_trace_rewind(p->trace);
}

static int describe(struct ds_run *run)
{
	run->kernel = run->options = run->coherency = run->seed = "";
	run->exit_status = -1;
	if (!run->processes)
		return -ENOENT;
	run->arch = ds_strings_add(run->strings, ds_trace_header(run->process[0].trace)->arch);
	for (unsigned i = 0; i < run->processes; i++) {
		int r = take_meta(run, &run->process[i], !run->argc);

		if (r)
			return r;
	}
	for (unsigned i = 0; i < run->processes; i++) {
		struct ds_process *p = &run->process[i];

		if (p->launcher)
			continue;
		if (!run->pid)
			run->pid = p->pid;
		run->loaded |= p->pid == run->pid;
	}
	return 0;
}

static int analyse(struct ds_run *run)
{
	int r = describe(run);

	if (!r)
		r = ds_analyze_run(run);
	for (uint32_t i = 0; !r && i < run->processes; i++) {
		struct ds_process *p = &run->process[i];

		if (p->pid == run->pid && p->ended && run->exit_status < 0)
			run->exit_status = p->exit_status;
	}
	if (!r)
		r = ds_kernel_judge(run);
	ds_run_buffers_complete(run);
	return r ? r : ds_findings_complete(run);
}

int ds_run_open(const char *dir, struct ds_run **ret_run)
{
	struct ds_run *run = calloc(1, sizeof(*run));
	int r;

	if (!run)
		return -ENOMEM;
	run->strings = ds_strings_create();
	run->dir = strdup(dir);
	r = run->strings && run->dir ? open_traces(run) : -ENOMEM;
	if (!r)
		r = ds_kernel_side_load(run);
	if (!r)
		r = analyse(run);
	if (r) {
		ds_run_close(run);
		return r;
	}
	*ret_run = run;
	return 0;
}

void ds_run_close(struct ds_run *run)
{
	if (!run)
		return;
	for (unsigned i = 0; i < run->findings; i++)
		ds_finding_destroy(run->finding[i]);
	for (unsigned i = 0; i < run->suppresseds; i++)
		ds_finding_destroy(run->suppressed[i]);
	for (unsigned i = 0; i < run->mores; i++)
		ds_run_close(run->more[i]);
	for (unsigned i = 0; i < run->processes; i++) {
		ds_trace_close(run->process[i].trace);
		ds_model_finish(&run->process[i].model);
		free(run->process[i].path);
		free(run->process[i].buffer_index);
	}
	for (unsigned i = 0; i < run->argc; i++)
		free(run->argv[i]);
	for (unsigned i = 0; i < run->unreadables; i++)
		free(run->unreadable[i]);
	ds_kernel_side_finish(run);
	free(run->finding);
	free(run->suppressed);
	free(run->unused);
	free(run->more);
	free(run->process);
	free(run->buffer);
	free(run->argv);
	free(run->unreadable);
	free(run->dir);
	ds_groups_destroy(run->groups);
	free(run->reguards);
	ds_strings_destroy(run->strings);
	free(run);
}
