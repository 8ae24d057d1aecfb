/* SPDX-License-Identifier: MIT */
/* Writes reports.  A file is written beside its place and renamed: nobody sees half of it. */
#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"

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

int ds_output_fits(const char *command, const struct ds_output *o, unsigned runs)
{
	if (runs <= 1 || o->ops->in_sequence)
		return 0;
	return ds_cli_usage(command, "format '%s' takes one run directory, not %u", o->ops->name,
			    runs);
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

/* A file on its way; without a temporary name the place itself is written (a device). */
struct draft {
	char *place, *temporary;
	FILE *out;
};

static int open_temporary(struct draft *d)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (asprintf(&d->temporary, "%s.XXXXXX", d->place) < 0) {
		d->temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(d->temporary, O_CLOEXEC);
	if (fd < 0) {
		free(d->temporary);
		d->temporary = NULL;
		return -errno;
	}
	fchmod(fd, 0666 & ~mask); /* as if it had been created in its place */
	return fd;
}

static int draft_open(struct draft *d, const char *path)
{
	struct stat st;
	int fd;

	d->place = realpath(path, NULL); /* through a link to what it names */
	if (!d->place)
		d->place = strdup(path);
	if (!d->place)
		return -ENOMEM;
	if (!stat(d->place, &st) && !S_ISREG(st.st_mode)) {
		fd = open(d->place, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		fd = fd < 0 ? -errno : fd;
	} else {
		fd = open_temporary(d);
	}
	if (fd < 0)
		return fd;
	d->out = fdopen(fd, "w");
	if (!d->out) {
		close(fd);
		return -ENOMEM;
	}
	return 0;
}

/* Put the draft in its place, or drop it when something went wrong.  Returns the first error. */
static int draft_finish(struct draft *d, int error)
{
	if (d->out) {
		bool bad = fflush(d->out) || ferror(d->out);

		if (bad && !error)
			error = errno ? -errno : -EIO;
		if (fclose(d->out) && !error)
			error = -errno;
	}
	if (!error && d->temporary && rename(d->temporary, d->place))
		error = -errno;
	if (error && d->temporary)
		unlink(d->temporary);
	free(d->temporary);
	free(d->place);
	return error;
}

static int write_runs(const struct ds_output *o, FILE *out, struct ds_run *const *run,
		      unsigned runs, const struct ds_report_options *options)
{
	int r = 0;

	for (unsigned i = 0; i < runs && !r; i++) {
		if (i)
			fputc('\n', out);
		r = o->ops->write(out, run[i], options);
	}
	return r;
}

static int write_file(const struct ds_output *o, struct ds_run *const *run, unsigned runs,
		      const char *path, const struct ds_report_options *options)
{
	struct draft draft = {0};
	int r = draft_open(&draft, path);

	if (!r)
		r = write_runs(o, draft.out, run, runs, options);
	r = draft_finish(&draft, r);
	if (r) {
		ds_cli_error(NULL, "cannot write the report '%s': %s", path, strerror(-r));
		return DS_EXIT_FAILURE;
	}
	ds_cli_note("wrote %s", path);
	return 0;
}

int ds_output_write(const struct ds_output *o, struct ds_run *const *run, unsigned runs,
		    FILE *text_stream, unsigned max)
{
	struct ds_report_options options = {.max = max};
	FILE *out = stream_of(o, text_stream);
	char *path = NULL;
	int r;

	if (to_stream(o)) {
		options.color = wants_color(out);
		r = write_runs(o, out, run, runs, &options);
		if (!r)
			return 0; /* main() answers for stdout */
		ds_cli_error(NULL, "cannot write the %s report: %s", o->ops->name, strerror(-r));
		return DS_EXIT_FAILURE;
	}
	if (o->file)
		return write_file(o, run, runs, o->file, &options);
	if (asprintf(&path, "%s/report.%s", run[0]->dir, o->ops->extension) < 0)
		return DS_EXIT_FAILURE;
	r = write_file(o, run, runs, path, &options);
	free(path);
	return r;
}
