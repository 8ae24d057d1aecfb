/* SPDX-License-Identifier: MIT */
/* Writes reports: which format goes where. */
#include "cli/output.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/draft.h"
#include "cli/progress.h"
#include "cli/step_summary.h"

static void list_formats(char *buf, size_t size)
{
	size_t used = 0;

	for (const struct ds_report_ops *const *f = ds_report_list(); *f && used < size; f++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", used ? ", " : "",
					 (*f)->name);
}

int ds_output_parse(const char *command, const char *text, struct ds_output *ret)
{
	const char *equals = strchr(text, '=');
	char name[32], valid[256] = "";
	size_t n = equals ? (size_t)(equals - text) : strlen(text);

	snprintf(name, sizeof(name), "%.*s", (int)(n < sizeof(name) ? n : sizeof(name) - 1), text);
	ret->ops = ds_report_find(name);
	ret->file = equals ? equals + 1 : NULL;
	if (ret->ops && !(ret->file && !*ret->file))
		return 0;
	if (ret->ops)
		return ds_cli_usage(command, "format '%s': no file after the '='", text);
	list_formats(valid, sizeof(valid));
	return ds_cli_usage(command, "unknown format '%.*s': the formats are %s", (int)n, text,
			    valid);
}

static bool to_stream(const struct ds_output *o)
{
	return o->file ? !strcmp(o->file, "-") : !o->ops->to_file;
}

static FILE *stream_of(const struct ds_output *o, FILE *text_stream)
{
	return !o->file && !strcmp(o->ops->name, "text") ? text_stream : stdout;
}

bool ds_output_is(const struct ds_output *o, const FILE *stream, const FILE *text_stream)
{
	return to_stream(o) && stream_of(o, (FILE *)text_stream) == stream;
}

static bool wants_color(FILE *out)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	return isatty(fileno(out)) && !(no && *no) && term && *term && strcmp(term, "dumb");
}

static int write_file(const struct ds_output *o, const struct ds_run *run, const char *path,
		      const struct ds_report_options *options)
{
	struct ds_draft draft = {0};
	int r = ds_draft_open(&draft, path);

	ds_progress_start("writing the report");
	if (!r)
		r = o->ops->write(draft.out, run, options);
	r = ds_draft_finish(&draft, r);
	ds_progress_stop();
	if (r) {
		ds_cli_error(NULL, "cannot write the report '%s': %s", path, strerror(-r));
		return DS_EXIT_FAILURE;
	}
	ds_cli_note("wrote %s", path);
	return 0;
}

/* A format that has a file of its own: in the run directory, or here when there are several. */
static int write_default_file(const struct ds_output *o, const struct ds_run *run,
			      const struct ds_report_options *options)
{
	bool several = ds_run_parts(run) > 1;
	char *path;
	int r;

	if (asprintf(&path, "%s%sreport.%s", several ? "" : run->dir, several ? "dmasan-" : "/",
		     o->ops->extension) < 0)
		return DS_EXIT_FAILURE;
	r = write_file(o, run, path, options);
	free(path);
	return r;
}

static int write_stream(const struct ds_output *o, const struct ds_run *run, FILE *out,
			struct ds_report_options *options)
{
	int r;

	options->color = wants_color(out);
	r = o->ops->write(out, run, options);
	if (!r)
		return 0; /* main() answers for stdout */
	ds_cli_error(NULL, "cannot write the %s report: %s", o->ops->name, strerror(-r));
	return DS_EXIT_FAILURE;
}

int ds_output_write(const struct ds_output *o, const struct ds_run *run, FILE *text_stream,
		    const struct ds_report_options *wanted)
{
	char *root = get_current_dir_name();
	struct ds_report_options options = *wanted;
	int r;

	options.root = root;
	if (to_stream(o))
		r = write_stream(o, run, stream_of(o, text_stream), &options);
	else if (o->file)
		r = write_file(o, run, o->file, &options);
	else
		r = write_default_file(o, run, &options);
	if (!r && !strcmp(o->ops->name, "github"))
		r = ds_step_summary_append(run, &options);
	free(root);
	return r;
}
