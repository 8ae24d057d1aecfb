/* SPDX-License-Identifier: MIT */
/* What the run as a whole proves: the verdict, and what could not be observed. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/run.h"
#include "core/strings.h"

struct list {
	const struct ds_run *run;
	unsigned part;			  /* whose blind spots are added now */
	const char *from;		  /* its directory when there are several, else "" */
	const struct ds_process *process; /* that is looked at, or NULL */
	struct ds_blind *at;
	unsigned used, room;
	int only;    /* of this part, -1 = of all: */
	bool taints; /* was something missed? */
};

/* Where it was: run directory and process.  Returns the length, below `size`. */
static size_t put_place(const struct list *l, char *text, size_t size)
{
	int n = snprintf(text, size, "%s%s", l->from, *l->from ? ": " : "");

	if (l->process && n >= 0 && (size_t)n < size)
		n += snprintf(text + n, size - (size_t)n, "process %d (%s): ", l->process->pid,
			      l->process->comm);
	return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* In the process that is looked at, if any: its number and name come before the text. */
__attribute__((format(printf, 3, 4))) static void add(struct list *l, bool taints,
						      const char *format, ...)
{
	const struct ds_process *p = l->process;
	char text[1024], *what = text + put_place(l, text, 512);
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(text) - (size_t)(what - text), format, args);
	va_end(args);
	if (l->used < l->room)
		l->at[l->used] = (struct ds_blind){.text = ds_strings_add(l->run->strings, text),
						   .from = l->from,
						   .what = ds_strings_add(l->run->strings, what),
						   .process = p,
						   .taints = taints,
						   .part = l->part};
	l->used++;
	l->taints |= taints && (l->only < 0 || (unsigned)l->only == l->part);
}

static void add_count(struct list *l, uint64_t n, const char *one, const char *many)
{
	if (n)
		add(l, true, "%llu %s", (unsigned long long)n, n == 1 ? one : many);
}

static void add_losses(struct list *l, const struct ds_process *p)
{
	if (p->closed_for)
		add(l, true, "recording ended early: %s", strerror((int)p->closed_for));
	add_count(l, p->lost, "event was lost", "events were lost");
	add_count(l, p->missed, "call could not be followed", "calls could not be followed");
	add_count(l, p->unguarded, "mapping could not be guarded", "mappings could not be guarded");
	add_count(l, p->efaults, "call failed with EFAULT on guarded memory",
		  "calls failed with EFAULT on guarded memory");
	if (p->namespaces)
		add(l, true,
		    "dlmopen is in use: calls of libraries in another name space were not "
		    "observed");
	if (p->ended) /* the slots that a killed program was just writing are no loss */
		add_count(l, p->torn, "unreadable record", "unreadable records");
}

static const char *untraced_text(unsigned why)
{
	static const char *const texts[DS_UNTRACED_KINDS] = {
		[DS_UNTRACED_STATIC] = "it is statically linked",
		[DS_UNTRACED_MACHINE] = "it is a program for another architecture",
		[DS_UNTRACED_SETUID] = "it is set-user-id, set-group-id or has capabilities",
		[DS_UNTRACED_ENVIRONMENT] = "its environment has no LD_PRELOAD",
	};

	return why < DS_UNTRACED_KINDS && texts[why] ? texts[why] : "it cannot preload";
}

static void add_untraced(struct list *l, const struct ds_process *p)
{
	for (unsigned i = 0; i < p->untraceds; i++)
		if (p->untraced[i].times)
			add(l, false, "%s was started and not observed: %s", p->untraced[i].program,
			    untraced_text(p->untraced[i].why));
	if (p->untraced_more)
		add(l, false, "more programs were started and not observed: %u", p->untraced_more);
}

static void add_limits(struct list *l, const struct ds_process *p)
{
	if (!(p->features & DS_FEATURE_GUARD))
		add(l, false, "guard=off: CPU accesses by instructions were not observed");
	if (p->model.buffers && (p->features & DS_FEATURE_GUARD) &&
	    !(p->features & DS_FEATURE_OBSERVE))
		add(l, false,
		    "observe=0: accesses inside legal windows were not observed "
		    "(SYN04 SYN07 OWN06 OWN07 for NO_CACHE_CLEAN, ADV01 ADV02 ADV03 ADV06)");
	if (p->model.buffers && (p->features & DS_FEATURE_GUARD) &&
	    !(p->features & DS_FEATURE_EVERY))
		add(l, false,
		    "guard=first: what a forbidden access has opened stays open "
		    "for every thread until the next hand-over: further accesses there were not "
		    "observed");
	if (!(p->features & DS_FEATURE_STACKS))
		add(l, false, "no stacks: libunwind.so.8 was not found%s",
		    p->features & DS_FEATURE_FORKED ? ", or another thread was using it at the fork"
						    : "");
	if (p->features & DS_FEATURE_FORKED)
		add(l, false,
		    "forked without exec: mappings from before the fork are not "
		    "guarded");
	if (p->rings)
		add(l, false,
		    "io_uring is in use: what the kernel reads and writes for it "
		    "was "
		    "not observed, and fails with EFAULT on guarded memory");
	if (!p->ended)
		add(l, false,
		    "killed or still running: nothing is known about its end "
		    "(LIF02, SYN05)");
}

/* Libraries that make the system calls of their reads and writes themselves, by instructions. */
static void add_inline_calls(struct list *l, const struct ds_process *p)
{
	static const char *const names[] = {"libaio.so", "liburing.so"};
	char path[DS_MAX_STRING];

	for (uint32_t i = 0; p->model.buffers && i < p->model.modules; i++) {
		const char *name =
			ds_trace_string(p->trace, p->model.module[i].path, path, sizeof(path));
		const char *slash = strrchr(name, '/');

		name = slash ? slash + 1 : name;
		for (unsigned k = 0; k < sizeof(names) / sizeof(names[0]); k++)
			if (!strncmp(name, names[k], strlen(names[k])))
				add(l, false,
				    "%s makes its own system calls: what it reads "
				    "and writes was not observed, and fails with EFAULT on guarded "
				    "memory",
				    name);
	}
}

static void choose_part(struct list *l, unsigned part)
{
	l->part = part;
	l->from = ds_run_parts(l->run) > 1 ? ds_run_part(l->run, part)->dir : "";
}

/* What is missing altogether. */
static void add_missing(struct list *l)
{
	const struct ds_run *part = ds_run_part(l->run, l->part);

	if (!part->loaded && !part->kernel_side.system)
		add(l, true,
		    "the program never loaded libdmasan.so (static, set-user-id, or another "
		    "architecture): nothing was observed");
	if (*part->coherency)
		add(l, false,
		    "coherency=%s, seed %s: the program was shown another machine: %llu buffers; "
		    "%llu of "
		    "memory that is never stale and %llu that could not be followed kept their "
		    "real "
		    "mappings",
		    part->coherency, part->seed, (unsigned long long)part->shadows[DS_SHADOW_MADE],
		    (unsigned long long)part->shadows[DS_SHADOW_NOT_NEEDED],
		    (unsigned long long)part->shadows[DS_SHADOW_REFUSED]);
	for (unsigned i = 0; i < part->unreadables; i++)
		add(l, true, "unreadable trace %s", part->unreadable[i]);
}

#define UNSEEN "fences, DRM, other processes and SYNC by raw system calls were not observed"

/* The names of probes in one line. */
static const char *join(const char *const *list, unsigned n, char *buf, size_t size)
{
	size_t used = 0;

	*buf = 0;
	for (unsigned i = 0; i < n && used < size; i++) {
		int more = snprintf(buf + used, size - used, "%s%s", i ? ", " : "", list[i]);

		used += more > 0 ? (size_t)more : 0;
	}
	return buf;
}

static void add_kernel_losses(struct list *l, const struct ds_kernel_side *s)
{
	if (!s->complete)
		add(l, true,
		    "the kernel's side ended before the run did (bpftrace was ended): what the "
		    "kernel did after it was not observed");
	if (s->lost)
		add(l, true, "%llu event%s of the kernel's side %s lost",
		    (unsigned long long)s->lost, s->lost == 1 ? "" : "s",
		    s->lost == 1 ? "was" : "were");
	if (s->bad)
		add(l, true, "%llu line%s of the kernel's side could not be read",
		    (unsigned long long)s->bad, s->bad == 1 ? "" : "s");
	if (s->late)
		add(l, true, "%llu event%s of the kernel's side came out of order",
		    (unsigned long long)s->late, s->late == 1 ? "" : "s");
}

/* What the kernel's side of one part observed, and what not. */
static void add_kernel(struct list *l)
{
	const struct ds_run *part = ds_run_part(l->run, l->part);
	const struct ds_kernel_side *s = &part->kernel_side;
	char names[400];

	if (!s->recorded) {
		add(l, false, "no kernel side (%s): " UNSEEN,
		    s->present && *s->failed ? s->failed : "not recorded");
		return;
	}
	add_kernel_losses(l, s);
	add(l, false, "kernel side: attached %s",
	    join(s->attached, s->attacheds, names, sizeof(names)));
	if (s->missings)
		add(l, false, "kernel side: missing %s",
		    join(s->missing, s->missings, names, sizeof(names)));
	if (s->attach_ns)
		add(l, false,
		    "kernel side: bpftrace took %.1f s of CPU time to attach and %.2f s from then "
		    "on, for "
		    "%llu events; the probes' own time is in the programs that met them",
		    (double)s->attach_ns / 1e9, (double)s->record_ns / 1e9,
		    (unsigned long long)s->events);
	if (s->unseen)
		add(l, false,
		    "%llu SYNC call%s seen by the kernel alone (raw system calls, io_uring, "
		    "another libc)",
		    (unsigned long long)s->unseen, s->unseen == 1 ? " was" : "s were");
	for (unsigned i = 0; i < s->users && !s->system; i++)
		if (!s->user[i].loaded)
			add(l, false,
			    "process %d (%s) used a buffer of this run without libdmasan.so: "
			    "seen by the kernel alone",
			    s->user[i].pid, s->user[i].comm);
}

/* Between another process's hand-over and the guard here an access is not seen: how long that was in this run. */
static void add_gap(struct list *l)
{
	const struct ds_latency *r = ds_run_part(l->run, l->part)->reguards;

	if (r && r->count)
		add(l, false,
		    "accesses between another process's hand-over and the guard: not observed; "
		    "%llu "
		    "hand-over%s, median %.1f us, longest %.1f us",
		    (unsigned long long)r->count, r->count == 1 ? "" : "s",
		    (double)ds_latency_quantile(r, 50) / 1e3, (double)r->max / 1e3);
}

static void add_processes(struct list *l, void (*what)(struct list *l, const struct ds_process *p))
{
	for (unsigned i = 0; i < l->run->processes; i++) {
		choose_part(l, l->run->process[i].part);
		l->process = &l->run->process[i];
		if (!l->process->launcher)
			what(l, l->process);
	}
	l->process = NULL;
}

static void add_all(struct list *l)
{
	for (unsigned i = 0; i < ds_run_parts(l->run); i++) {
		choose_part(l, i);
		add_missing(l);
	}
	add_processes(l, add_losses);
	add_processes(l, add_limits);
	add_processes(l, add_inline_calls);
	add_processes(l, add_untraced);
	for (unsigned i = 0; i < ds_run_parts(l->run); i++) {
		choose_part(l, i);
		add_gap(l);
		add_kernel(l);
	}
}

unsigned ds_run_blind_spots(const struct ds_run *run, struct ds_blind *ret, unsigned room)
{
	struct list l = {.run = run, .at = ret, .room = room, .only = -1};

	add_all(&l);
	return l.used;
}

bool ds_run_tainted(const struct ds_run *run, int part)
{
	struct list l = {.run = run, .only = part};

	add_all(&l);
	return l.taints;
}

enum ds_verdict ds_run_verdict(const struct ds_run *run)
{
	if (run->findings)
		return DS_FINDINGS;
	return ds_run_tainted(run, -1) ? DS_TAINTED : DS_CLEAN;
}

const char *ds_verdict_name(enum ds_verdict v)
{
	static const char *const names[] = {"clean", "findings", "tainted"};

	return names[v];
}
