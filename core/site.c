/* SPDX-License-Identifier: MIT */
/* From a slot of a trace to a place in a program: call, thread, stack with modules. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/analyze.h"
#include "core/strings.h"

static const char *call_name(struct ds_run *run, struct ds_process *p, const struct ds_event *ev)
{
	char buf[256];

	if (ev->type == DS_EV_FD_LEFT || ev->type == DS_EV_EXIT)
		return "exit";
	if (ev->type == DS_EV_ACCESS && !ev->d)
		return "instruction";
	if (ev->type == DS_EV_BUFFER || ds_event_field(ev->type, 3)[0] != '@')
		return ds_event_name(ev->type) ? ds_event_name(ev->type) : "";
	ds_trace_string(p->trace, (uint32_t)ev->d, buf, sizeof(buf));
	return ds_strings_add(run->strings, buf);
}

static void resolve_module(struct ds_run *run, struct ds_process *p, uint32_t slot,
			   struct ds_frame *f)
{
	const struct ds_module *mod = ds_model_module(&p->model, slot, f->address);
	char path[DS_MAX_STRING];

	f->module = "";
	f->offset = f->address;
	if (!mod)
		return;
	f->module = ds_strings_add(run->strings,
				   ds_trace_string(p->trace, mod->path, path, sizeof(path)));
	f->offset = f->address - mod->bias;
	for (unsigned i = 0; i < mod->build_id_len; i++)
		snprintf(f->build_id + 2 * i, 3, "%02x", mod->build_id[i]);
}

static int load_stack(struct ds_run *run, struct ds_process *p, uint32_t slot, struct ds_stack *ret)
{
	uint64_t address[DS_MAX_FRAMES];
	struct ds_event head;
	int n;

	if (!slot || ds_trace_event(p->trace, slot, &head) || head.type != DS_EV_STACK)
		return 0;
	n = ds_trace_payload(p->trace, slot, address, sizeof(address));
	n = n < 0 ? 0 : n / (int)sizeof(address[0]);
	if ((uint64_t)n > head.a)
		n = (int)head.a;
	ret->frame = calloc((size_t)n + 1, sizeof(*ret->frame));
	if (!ret->frame)
		return -ENOMEM;
	ret->frames = (unsigned)n;
	for (int i = 0; i < n; i++) {
		ret->frame[i].address = address[i];
		resolve_module(run, p, slot, &ret->frame[i]);
	}
	return 0;
}

int ds_site_load(struct ds_run *run, struct ds_process *p, uint32_t slot, struct ds_site *site)
{
	struct ds_event ev;
	int r = ds_trace_event(p->trace, slot, &ev);

	if (r)
		return r;
	site->slot = slot;
	site->what = call_name(run, p, &ev);
	site->time_ns = ev.time_ns;
	site->pid = p->pid;
	site->tid = (int)ev.tid;
	return load_stack(run, p, ev.stack, &site->stack);
}
