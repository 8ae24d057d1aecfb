/* SPDX-License-Identifier: MIT */
/* Reads, applies and writes suppressions and baselines, and says what is wrong with them. */
#include "cli/gate.h"

#include <string.h>

#include "cli/draft.h"
#include "report/suppressions.h"

#define NOTES_SHOWN 5

static int take_file(const char *command, const char *name, const char *value, const char **ret)
{
	if (*ret)
		return ds_cli_usage(command, "option '--%s' stands twice", name);
	if (!*value)
		return ds_cli_usage(command, "option '--%s': no file name", name);
	*ret = value;
	return 0;
}

static int take_suppressions(struct ds_gate *g, const char *command, const char *value)
{
	if (g->files == DS_MAX_SUPPRESSION_FILES)
		return ds_cli_usage(command, "more than %d suppression files",
				    DS_MAX_SUPPRESSION_FILES);
	return take_file(command, "suppressions", value, &g->suppressions[g->files++]);
}

int ds_gate_option(struct ds_gate *g, const char *command, int option, const char *value)
{
	switch (option) {
	case DS_OPT_SUPPRESSIONS: return take_suppressions(g, command, value);
	case DS_OPT_BASELINE: return take_file(command, "baseline", value, &g->baseline);
	case DS_OPT_WRITE_BASELINE:
		return take_file(command, "write-baseline", value, &g->write_baseline);
	case DS_OPT_REQUIRE_REASONS: g->require_reasons = true; return 0;
	case DS_OPT_GEN_SUPPRESSIONS: g->generate = true; return 0;
	default: return -1;
	}
}

static int refuse(const char *path, const struct ds_file_error *err)
{
	if (err->line)
		ds_cli_error(NULL, "%s:%u: %s", path, err->line, err->reason);
	else
		ds_cli_error(NULL, "%s: %s", path, err->reason);
	return DS_EXIT_USAGE;
}

int ds_gate_load(struct ds_gate *g)
{
	struct ds_file_error err;

	for (unsigned i = 0; i < g->files; i++)
		if (ds_suppressions_read(&g->list, g->suppressions[i], g->require_reasons, &err))
			return refuse(g->suppressions[i], &err);
	if (g->baseline && ds_baseline_read(&g->known, g->baseline, &err))
		return refuse(g->baseline, &err);
	return 0;
}

int ds_gate_apply(struct ds_gate *g, struct ds_run *run)
{
	int r = ds_suppressions_apply(&g->list, run);

	if (!r && g->baseline)
		r = ds_baseline_apply(&g->known, run);
	if (!r)
		return 0;
	ds_cli_error(NULL, "cannot apply the suppressions: %s", strerror(-r));
	return DS_EXIT_FAILURE;
}

static int write_baseline(const char *path, const struct ds_run *run)
{
	struct ds_draft draft = {0};
	int r = ds_draft_open(&draft, path);

	if (!r)
		r = ds_baseline_write(draft.out, run);
	r = ds_draft_finish(&draft, r);
	if (r) {
		ds_cli_error(NULL, "cannot write the baseline '%s': %s", path, strerror(-r));
		return DS_EXIT_FAILURE;
	}
	ds_cli_note("wrote %s", path);
	return 0;
}

int ds_gate_write(const struct ds_gate *g, const struct ds_run *run)
{
	if (g->generate)
		ds_report_suppressions(stdout, run);
	return g->write_baseline ? write_baseline(g->write_baseline, run) : 0;
}

void ds_gate_note_unused(const struct ds_run *run)
{
	for (unsigned i = 0; i < run->unuseds && i < NOTES_SHOWN; i++)
		ds_cli_note("note: unused suppression %s:%u: [%s]", run->unused[i]->file,
			    run->unused[i]->line, run->unused[i]->name);
	if (run->unuseds > NOTES_SHOWN)
		ds_cli_note("note: and %u more unused suppressions", run->unuseds - NOTES_SHOWN);
}

void ds_gate_finish(struct ds_gate *g)
{
	ds_suppressions_finish(&g->list);
	ds_baseline_finish(&g->known);
}
