/* SPDX-License-Identifier: MIT */
/* The report for people: one block per finding, then what was not observed, then the verdict. */
#include "report/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "report/text.h"

#define MAX_LIMITS 64 /* blind spots that are no losses */
#define WIDTH	   100
#define RUNS	   4 /* that are named with a finding of several */

struct page {
	FILE *out;
	const struct ds_run *run;
	const struct ds_report_options *opt;
};

static const char *paint(const struct page *p, const char *sequence)
{
	return p->opt->color ? sequence : "";
}

static const char *severity_color(enum ds_severity s)
{
	static const char *const colors[] = {
		[DS_ADVICE] = "\033[1;36m", [DS_WARNING] = "\033[1;33m", [DS_ERROR] = "\033[1;31m"};

	return colors[s];
}

static const char *severity_word(enum ds_severity s)
{
	static const char *const words[] = {
		[DS_ADVICE] = "ADVICE", [DS_WARNING] = "WARNING", [DS_ERROR] = "ERROR"};

	return words[s];
}

static const char *use_text(unsigned use)
{
	static const char *const texts[] = {"uses it", "reads it", "writes it",
					    "reads and writes it"};

	return texts[use & 3];
}

static void put_duration(FILE *out, uint64_t ns)
{
	if (ns < 1000)
		fprintf(out, "%" PRIu64 " ns", ns);
	else if (ns < 1000000)
		fprintf(out, "%.1f us", (double)ns / 1e3);
	else if (ns < 1000000000)
		fprintf(out, "%.3f ms", (double)ns / 1e6);
	else
		fprintf(out, "%.3f s", (double)ns / 1e9);
}

static void put_frame(FILE *out, unsigned i, const struct ds_frame *f)
{
	if (!strcmp(f->module, "[kernel]")) { /* named where it was recorded */
		fprintf(out, "    #%-2u ", i);
		ds_text_put(out, f->function ? f->function : "?");
		fprintf(out, "+0x%" PRIx64 " [kernel]\n", f->offset);
		return;
	}
	fprintf(out, "    #%-2u 0x%012" PRIx64, i, f->address);
	if (f->function) {
		fputs(" in ", out);
		ds_text_put(out, f->function);
	}
	if (f->file) {
		fputc(' ', out);
		ds_text_put(out, f->file);
		fprintf(out, ":%u\n", f->line);
		return;
	}
	fputs(" (", out);
	ds_text_put(out, *f->module ? f->module : "no module");
	if (*f->module)
		fprintf(out, "+0x%" PRIx64, f->offset);
	fputc(')', out);
	if (*f->build_id)
		fprintf(out, " (BuildId: %s)", f->build_id);
	fputc('\n', out);
}

static void put_stack(FILE *out, const struct ds_stack *stack)
{
	for (unsigned i = 0; i < stack->frames; i++)
		put_frame(out, i, &stack->frame[i]);
	if (!stack->frames)
		fputs("    (no stack was recorded)\n", out);
}

static void put_headline(const struct page *p, const struct ds_finding *f)
{
	const struct ds_rule *rule = ds_rule(f->rule);

	fprintf(p->out, "%s==%d==%s: dmasan: %s %s%s\n", paint(p, severity_color(f->severity)),
		f->access.pid, severity_word(f->severity), rule->id, rule->title,
		paint(p, "\033[0m"));
}

/* With several run directories: where this one was seen, the first by name. */
/* Which of several runs it occurred in, and how often in each. */
static void put_runs(const struct page *p, const struct ds_finding *f)
{
	unsigned parts = ds_run_parts(p->run), seen = 0;

	for (unsigned i = 0; i < parts && parts > 1; i++) {
		uint64_t count = ds_finding_count_in(f, i);

		if (!count || ++seen > RUNS)
			continue;
		fputs(seen == 1 ? "  in run " : ", ", p->out);
		ds_text_put(p->out, ds_run_part(p->run, i)->dir);
		if (f->count > 1)
			fprintf(p->out, " (%" PRIu64 " time%s)", count, count == 1 ? "" : "s");
	}
	if (seen > RUNS)
		fprintf(p->out, " and %u more", seen - RUNS);
	fputs(seen ? "\n" : "", p->out);
}

static void put_buffer(const struct page *p, const struct ds_finding *f)
{
	const struct ds_run_buffer *b =
		f->buffer < p->run->buffers ? &p->run->buffer[f->buffer] : NULL;
	char name[512];

	ds_run_buffer_name(p->run, f->buffer, name, sizeof(name));
	fprintf(p->out, "  buffer %u: ", b ? b->id : 0);
	ds_text_put(p->out, name);
	if (b && b->size)
		fprintf(p->out, ", %" PRIu64 " bytes", b->size);
	if (b && *b->exporter && !strstr(name, b->exporter)) {
		fputs(", exporter ", p->out);
		ds_text_put(p->out, b->exporter);
	}
	if (b && b->inode && b->kind == DS_KIND_V4L2)
		fprintf(p->out, ", dma-buf inode %" PRIu64, b->inode);
	fputc('\n', p->out);
	put_runs(p, f);
}

static void put_access(const struct page *p, const struct ds_finding *f)
{
	const struct ds_site *site = &f->access;
	uint64_t start = p->run->process[f->process].start_ns;
	bool by_call = !strcmp(f->op, "call"), by_hand = !strcmp(site->what, "instruction");

	fputs("  ", p->out);
	ds_text_put(p->out, by_call ? site->what : f->op);
	if (f->length)
		fprintf(p->out, " of %" PRIu64 " byte%s", f->length, f->length == 1 ? "" : "s");
	if (!by_call) {
		fprintf(p->out, " at offset %" PRIu64 " ", f->offset);
		fputs(by_hand ? "by an instruction" : "through ", p->out);
		if (!by_hand)
			ds_text_put(p->out, site->what);
	}
	fprintf(p->out, ", thread %d of ", site->tid);
	ds_text_put(p->out, site->comm ? site->comm : p->run->process[f->process].comm);
	fputs(", ", p->out);
	put_duration(p->out, site->time_ns > start ? site->time_ns - start : 0);
	if (!site->stack.frames && !strcmp(site->what, "exit")) {
		fputs(" after its start\n", p->out); /* the end of a process has no place in it */
		return;
	}
	fputs(" after its start:\n", p->out);
	put_stack(p->out, &site->stack);
}

/* What the earlier event did, as the subject of a sentence that goes on with the time. */
static void put_prior_event(const struct page *p, const struct ds_finding *f)
{
	const struct ds_process *process = &p->run->process[f->prior_process];
	const struct ds_device *device;
	struct ds_event ev = {0};
	char path[256] = "";

	ds_trace_event(process->trace, f->prior.slot, &ev);
	device = ds_model_device(&process->model, ev.actor);
	if (device)
		ds_trace_string(process->trace, device->path, path, sizeof(path));
	ds_text_put(p->out, f->prior.what);
	if (ev.type == DS_EV_CLAIM && ev.b & DS_DEVICE_FENCE) {
		fprintf(p->out, " had put a fence on it, of a device that %s",
			use_text((unsigned)ev.b));
	} else if (ev.type == DS_EV_CLAIM) {
		fprintf(p->out, " had given it to a device that %s", use_text((unsigned)ev.b));
		fputs(*path ? " (" : "", p->out);
		ds_text_put(p->out, path);
		fputs(*path ? ")" : "", p->out);
	} else if (ev.type == DS_EV_SYNC && ev.result) {
		const char *error = strerrorname_np(ev.result);

		fprintf(p->out, " START had failed with %s", error ? error : "an unknown error");
	} else if (ev.type == DS_EV_SYNC) {
		static const char *const flags[] = {"", " for reading", " for writing",
						    " for reading and writing"};

		fprintf(p->out, " had opened the bracket%s", flags[ev.a & DS_RW]);
	} else if (ev.type == DS_EV_FD_CLOSE) {
		fputs(" had closed its last descriptor", p->out);
	} else if (ev.type == DS_EV_FD_OPEN) {
		fputs(" had opened a descriptor of it", p->out);
	} else if (ev.type == DS_EV_BUFFER) {
		fputs(" had made it", p->out);
	} else {
		fputs(" came first", p->out);
	}
}

static void put_prior(const struct page *p, const struct ds_finding *f)
{
	const struct ds_site *site = &f->prior;

	if (!site->what || (!site->slot && !site->comm))
		return;
	fputs("  ", p->out);
	if (site->comm) { /* a line of the kernel's side */
		ds_text_put(p->out, site->what);
		fputs(" in the kernel came first, ", p->out);
		ds_text_put(p->out, site->comm);
		fprintf(p->out, " pid %d", site->pid);
	} else {
		put_prior_event(p, f);
	}
	fprintf(p->out, ", thread %d", site->tid);
	if (f->prior_process != f->process) {
		fprintf(p->out, " of process %d (", site->pid);
		ds_text_put(p->out, p->run->process[f->prior_process].comm);
		fputc(')', p->out);
	}
	fputs(", ", p->out);
	put_duration(p->out,
		     f->access.time_ns > site->time_ns ? f->access.time_ns - site->time_ns : 0);
	fputs(" before:\n", p->out);
	put_stack(p->out, &site->stack);
}

static void put_labelled(const struct page *p, const char *label, const char *text)
{
	unsigned at = 2 + (unsigned)strlen(label) + 1;

	if (!text || !*text)
		return;
	fprintf(p->out, "  %s%s%s ", paint(p, "\033[1m"), label, paint(p, "\033[0m"));
	ds_text_wrap(p->out, text, at, at, WIDTH);
}

static void put_also(const struct page *p, const struct ds_finding *f)
{
	if (f->count > 1)
		fprintf(p->out, "  seen %" PRIu64 " times\n", f->count);
	for (unsigned i = 0; i < DS_RULES; i++)
		if (f->also >> i & 1)
			fprintf(p->out, "  the same access also breaks %s: %s\n", ds_rule(i)->id,
				ds_rule(i)->title);
	if (f->latent)
		fputs("  latent: no device had this buffer when it happened, so nothing was lost "
		      "yet\n",
		      p->out);
}

static void put_consequence(const struct page *p, const struct ds_finding *f)
{
	const struct ds_run *part = ds_run_part(p->run, p->run->process[f->process].part);
	char text[256];

	if (!*ds_consequence_text(&f->consequence, text, sizeof(text)))
		return;
	fputs("  seen with coherency=", p->out);
	ds_text_put(p->out, part->coherency);
	fprintf(p->out, ": %s\n", text);
}

static void put_finding(const struct page *p, const struct ds_finding *f)
{
	put_headline(p, f);
	put_buffer(p, f);
	put_access(p, f);
	put_prior(p, f);
	put_also(p, f);
	put_consequence(p, f);
	put_labelled(p, "coherent machine:    ", f->platforms.coherent);
	put_labelled(p, "non-coherent caches: ", f->platforms.noncoherent);
	put_labelled(p, "bounce buffer:       ", f->platforms.bounce);
	put_labelled(p, "fix:", ds_rule(f->rule)->fix);
	fprintf(p->out, "  DEDUP_TOKEN: %s   (more: dmasan explain %s)\n\n", f->token,
		ds_rule(f->rule)->id);
}

static void put_excuse(const struct page *p, const struct ds_excuse *e)
{
	fprintf(p->out, "%s ", e->kind);
	ds_text_put(p->out, e->file);
	fprintf(p->out, ":%u [", e->line);
	ds_text_put(p->out, e->name);
	fputc(']', p->out);
	if (*e->reason) {
		fputs(": ", p->out);
		ds_text_put(p->out, e->reason);
	}
	fputc('\n', p->out);
}

static void put_suppressed(const struct page *p)
{
	const struct ds_run *run = p->run;
	unsigned shown =
		p->opt->max && p->opt->max < run->suppresseds ? p->opt->max : run->suppresseds;

	if (run->suppresseds)
		fprintf(p->out, "%sSuppressed%s:\n", paint(p, "\033[1m"), paint(p, "\033[0m"));
	for (unsigned i = 0; i < shown; i++) {
		const struct ds_finding *f = run->suppressed[i];

		fprintf(p->out, "  - %s, %" PRIu64 " time%s, by ", f->token, f->count,
			f->count == 1 ? "" : "s");
		put_excuse(p, f->excuse);
	}
	if (shown < run->suppresseds)
		fprintf(p->out, "  - and %u more\n", run->suppresseds - shown);
	if (run->unuseds)
		fprintf(p->out, "%sUnused%s, so they can go:\n", paint(p, "\033[1m"),
			paint(p, "\033[0m"));
	for (unsigned i = 0; i < run->unuseds; i++) {
		fputs("  - ", p->out);
		put_excuse(p, run->unused[i]);
	}
	if (run->baseline_gone)
		fprintf(p->out, "%u of the baseline did not occur\n", run->baseline_gone);
}

/* Losses are all told, limits of the configuration as many as one reads. */
static void put_blind_spots(const struct page *p)
{
	unsigned n, shown = 0;
	struct ds_blind *blind = ds_report_blind_groups(p->run, &n);

	if (n)
		fprintf(p->out, "%sNot observed in this run%s (! = may hide findings):\n",
			paint(p, "\033[1m"), paint(p, "\033[0m"));
	for (unsigned i = 0; i < n; i++) {
		if (i >= MAX_LIMITS && !blind[i].taints)
			continue;
		shown++;
		fprintf(p->out, "  %c ", blind[i].taints ? '!' : '-');
		ds_text_put(p->out, blind[i].text);
		fputc('\n', p->out);
	}
	if (n > shown)
		fprintf(p->out, "  and %u more\n", n - shown);
	free(blind);
}

static void put_unknown_ioctls(const struct page *p)
{
	unsigned shown = p->run->unknowns < 8 ? p->run->unknowns : 8;

	for (unsigned i = 0; i < shown; i++) {
		const struct ds_unknown_ioctl *u = &p->run->unknown[i];

		fprintf(p->out, "  - ioctl 0x%08" PRIx64 " on a ", u->request);
		ds_text_put(p->out, u->fd_kind);
		fprintf(p->out, " descriptor, %" PRIu64 " time%s: not understood\n", u->count,
			u->count == 1 ? "" : "s");
	}
	if (p->run->unknowns > shown)
		fprintf(p->out, "  - and %u more unknown ioctls\n", p->run->unknowns - shown);
}

static int write_text(FILE *out, const struct ds_run *run, const struct ds_report_options *opt)
{
	const struct page page = {out, run, opt};
	unsigned shown = opt->max && opt->max < run->findings ? opt->max : run->findings;

	for (unsigned i = 0; i < shown; i++)
		put_finding(&page, run->finding[i]);
	if (shown < run->findings)
		fprintf(out, "%u more findings, not shown (--max 0 shows all)\n\n",
			run->findings - shown);
	put_suppressed(&page);
	put_blind_spots(&page);
	put_unknown_ioctls(&page);
	ds_report_verdict(out, run);
	return 0;
}

const struct ds_report_ops ds_report_fmt_text = {
	.name = "text",
	.what = "for people: what happened, by whom, what it means, how to fix it",
	.extension = "txt",
	.write = write_text,
};
