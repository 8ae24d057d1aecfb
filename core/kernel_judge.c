/* SPDX-License-Identifier: MIT */
/* One pass over the recording of the kernel's side: what drivers did wrong, and who was seen. */
#include "core/kernel_judge.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/kernel_model.h"
#include "core/strings.h"

#define ALL		 (~0ull)
#define MAX_USERS	 1024
#define MAX_LISTED	 65536
#define NUM(line, field) ((line)->number[DS_KNUM_##field])

struct judge {
	struct ds_run *run;
	struct ds_kernel_model model;
	uint32_t launcher;	 /* the process that stands for those without a trace */
	bool exact;		 /* nothing was lost, so what is missing did not happen */
	struct ds_keymap listed; /* inode -> struct listed: buffers that the kernel alone knows */
};

struct listed {
	uint64_t inode;
	uint32_t buffer; /* index of ds_run.buffer + 1 */
};

/* ---- sites ---- */

/* "function+offset", as bpftrace writes it, or an address alone. */
static void set_frame(struct ds_frame *f, const char *text, size_t len)
{
	const char *plus = memchr(text, '+', len);
	size_t name = plus ? (size_t)(plus - text) : len;

	f->module = "[kernel]";
	f->function = strndup(text, name);
	if (plus)
		f->offset = strtoull(plus + 1, NULL, 10);
}

static int load_frames(const struct ds_kernel_reader *reader, size_t place, struct ds_stack *s)
{
	const char *text;
	size_t len;

	s->frame = calloc(DS_MAX_FRAMES, sizeof(*s->frame));
	if (!s->frame)
		return -ENOMEM;
	while (s->frames < DS_MAX_FRAMES && (len = ds_kernel_frame(reader, &place, &text)))
		set_frame(&s->frame[s->frames++], text, len);
	return 0;
}

int ds_kernel_site(struct ds_run *run, size_t place, struct ds_site *site)
{
	struct ds_kernel_line line;

	ds_kernel_at(run->lines, place, &line);
	if (line.kind != DS_KLINE_EVENT)
		return 0;
	site->what = ds_kernel_event_name(line.event);
	site->time_ns = line.ns;
	site->pid = line.pid;
	site->tid = line.tid;
	site->comm = ds_strings_add(run->strings, line.comm);
	return load_frames(run->lines, place, &site->stack);
}

/* ---- findings ---- */

static uint32_t process_of(const struct judge *j, const struct ds_kernel_line *line)
{
	for (uint32_t i = 0; i < j->run->processes; i++)
		if (!j->run->process[i].launcher && j->run->process[i].pid == line->pid)
			return i;
	return j->launcher;
}

/* The entry of a buffer that no process with libdmasan.so knows, made at its first line. */
static int64_t list_buffer(struct judge *j, const struct ds_kernel_line *line, uint64_t inode)
{
	struct listed *known = ds_keymap_get(&j->listed, inode);
	struct ds_run_buffer rb = {
		.process = j->launcher,
		.kind = DS_KIND_DMABUF,
		.inode = inode,
		.size = line->event == DS_KEV_EXPORT ? NUM(line, bytes) : 0,
		.created_ns = line->ns,
		.device = "",
	};
	int64_t index;

	if (!known)
		return -ENOMEM;
	if (known->buffer)
		return known->buffer - 1;
	rb.exporter = *line->exp ? ds_strings_add(j->run->strings, line->exp) : "";
	index = ds_run_buffer_add(j->run, &rb);
	if (index >= 0)
		known->buffer = (uint32_t)index + 1;
	return index;
}

/* The buffer of a line (a copy: the first that its device attached to): one that a process knows, or a new entry. */
static int64_t buffer_of(struct judge *j, const struct ds_kernel_ctx *k)
{
	const struct ds_kernel_line *line = k->line;
	uint64_t inode = k->device ? k->device->inode : NUM(line, ino);
	const struct ds_inode *known = ds_keymap_find(&j->run->inode, inode);
	const struct ds_buffer *b;
	struct ds_run_buffer rb = {.process = j->launcher, .exporter = "", .device = ""};

	b = known ? ds_model_buffer(&j->run->process[known->process].model, known->number) : NULL;
	if (b)
		return ds_run_buffer_index(j->run, known->process, b);
	if (inode)
		return list_buffer(j, line, inode);
	rb.kind = DS_KIND_SG;
	rb.device = ds_strings_add(j->run->strings, line->dev);
	for (uint32_t i = 0; i < j->run->buffers; i++) {
		const struct ds_run_buffer *o = &j->run->buffer[i];

		if (o->kind == rb.kind && o->device == rb.device)
			return i;
	}
	return ds_run_buffer_add(j->run, &rb);
}

static uint64_t hash_stack(uint64_t h, const struct ds_kernel_reader *reader, size_t place)
{
	const char *text;
	size_t len;

	while ((len = ds_kernel_frame(reader, &place, &text)))
		h = ds_hash_bytes(h, text, len);
	return h;
}

static uint64_t key_of(const struct judge *j, const struct ds_kernel_line *line, size_t place,
		       unsigned rule, const struct ds_hit *hit)
{
	uint64_t h = ds_hash_u64(DS_HASH_INIT, rule);

	h = ds_hash_text(h, line->dev);
	if (rule == DS_RULE_ADV05) /* about a device, wherever the copies are made */
		return h;
	/* the advice is about a buffer; a driver's mistake is one, whatever buffer it meets */
	h = ds_hash_u64(h, rule == DS_RULE_KRN06 || rule == DS_RULE_ADV04 ? NUM(line, ino) : 0);
	h = hash_stack(h, j->run->lines, place);
	return hit->place ? hash_stack(h, j->run->lines, hit->place) : h;
}

static int add_finding(struct judge *j, const struct ds_kernel_ctx *k, size_t place, unsigned rule,
		       const struct ds_hit *hit, uint64_t also)
{
	const struct ds_kernel_line *line = k->line;
	uint64_t key = key_of(j, line, place, rule, hit);
	struct ds_finding *f = ds_finding_find(j->run, key);
	int64_t buffer;
	int r = 0;

	if (!f) {
		buffer = buffer_of(j, k);
		f = buffer < 0 ? NULL : ds_finding_append(j->run);
		if (!f)
			return -ENOMEM;
		f->kernel = true;
		f->key = key;
		f->rule = rule;
		f->process = f->prior_process = process_of(j, line);
		f->buffer = (uint32_t)buffer;
		f->first_ns = line->ns;
		f->op = "call";
		f->use = hit->use;
		f->platforms = ds_platforms(rule, 0, hit->use);
		r = ds_kernel_site(j->run, place, &f->access);
		if (!r && hit->place)
			r = ds_kernel_site(j->run, hit->place, &f->prior);
	}
	f->count++;
	if (line->event == DS_KEV_BOUNCE)
		f->length += NUM(line, bytes);
	f->also |= also;
	return r;
}

/* ---- who was seen ---- */

static bool names_user(enum ds_kernel_event event)
{
	return event == DS_KEV_FD || event == DS_KEV_MMAP || event == DS_KEV_SYNC ||
	       event == DS_KEV_GET || event == DS_KEV_EXPORT || event == DS_KEV_VB2_QBUF;
}

static bool concerns_run(const struct judge *j, uint64_t inode)
{
	return j->run->kernel_side.system || ds_keymap_find(&j->run->inode, inode);
}

/* Advice is for those who asked about the kernel, and about their buffers. */
static bool wants_advice(const struct judge *j, const struct ds_kernel_ctx *k)
{
	return j->run->kernel_side.asked &&
	       concerns_run(j, k->device ? k->device->inode : NUM(k->line, ino));
}

static int note_user(struct judge *j, const struct ds_kernel_line *line)
{
	struct ds_kernel_side *s = &j->run->kernel_side;
	unsigned i = 0;

	if (!line->pid || !names_user(line->event) || !concerns_run(j, NUM(line, ino)))
		return 0;
	while (i < s->users && s->user[i].pid != line->pid)
		i++;
	if (i == s->users) {
		struct ds_kernel_user *u;

		if (i == MAX_USERS)
			return 0;
		u = realloc(s->user, (s->users + 1) * sizeof(*u));
		if (!u)
			return -ENOMEM;
		s->user = u;
		u[s->users++] = (struct ds_kernel_user){
			.pid = line->pid, .loaded = process_of(j, line) != j->launcher};
	}
	/* the latest name: a process that is forked has its parent's until it executes */
	memcpy(s->user[i].comm, line->comm, sizeof(line->comm));
	s->user[i].events++;
	return 0;
}

/* ---- the pass ---- */

static int take_line(struct judge *j, const struct ds_kernel_line *line, size_t place)
{
	struct ds_event ev = {.type = DS_EV_KERNEL, .time_ns = line->ns};
	struct ds_kernel_ctx k;
	struct ds_rule_ctx ctx = {.ev = &ev, .kernel = &k};
	struct ds_hit hit;
	uint64_t also;
	int rule, r = 0;

	ds_kernel_model_look(&j->model, j->run->lines, line, place, &k);
	k.asked = wants_advice(j, &k);
	rule = j->exact ? ds_rules_first(&ctx, &hit, &also) : -1;
	if (rule >= 0)
		r = add_finding(j, &k, place, (unsigned)rule, &hit, also);
	if (!r)
		r = ds_kernel_model_step(&j->model, &k, place);
	/* without a program the buffers of the whole system are what it is about */
	if (!r && j->run->kernel_side.system && NUM(line, ino) && j->listed.used < MAX_LISTED)
		r = list_buffer(j, line, NUM(line, ino)) < 0 ? -ENOMEM : 0;
	return r ? r : note_user(j, line);
}

int ds_kernel_judge(struct ds_run *run)
{
	struct judge j = {.run = run};
	struct ds_kernel_line line;
	size_t place;
	int r = 0;

	if (!run->lines)
		return 0;
	while (j.launcher < run->processes && !run->process[j.launcher].launcher)
		j.launcher++;
	if (j.launcher == run->processes)
		return 0; /* a launcher made the recording */
	j.exact = !run->kernel_side.lost && !run->kernel_side.bad;
	j.listed.size = sizeof(struct listed);
	ds_kernel_model_init(&j.model, run->arch);
	ds_kernel_rewind(run->lines);
	while (!r && ds_kernel_next(run->lines, ALL, &line, &place))
		r = take_line(&j, &line, place);
	run->kernel_side.late = ds_kernel_late(run->lines);
	ds_kernel_model_finish(&j.model);
	ds_keymap_finish(&j.listed);
	return r;
}
