/* SPDX-License-Identifier: MIT */
/*
 * The page: one file that needs no network, made from a template (report/html/) and the run's data.
 *
 * Its Content-Security-Policy names the one script and the one style sheet by their hashes, so
 * nothing else can ever run in it, whatever a trace contains.  docs/html-report.md describes it.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/html_assets.inc"

#define ITEMS	80000 /* spans and points; --max raises it */
#define BUFFERS 400   /* that have a row in the timeline; --max raises it */

static int dump_escaped(const char *json, size_t size, void *out)
{
	ds_html_escape(out, json, size);
	return 0;
}

/* What the template has a place for, by name. */
static void put_part(FILE *out, const char *name, size_t size, const json_t *data)
{
	if (!strncmp(name, "STYLE", size))
		fwrite(style_css, 1, sizeof(style_css), out);
	else if (!strncmp(name, "SCRIPT", size))
		fwrite(app_js, 1, sizeof(app_js), out);
	else if (!strncmp(name, "STYLE_HASH", size))
		fputs(STYLE_HASH, out);
	else if (!strncmp(name, "SCRIPT_HASH", size))
		fputs(SCRIPT_HASH, out);
	else if (!strncmp(name, "DATA", size))
		json_dump_callback(data, dump_escaped, out, JSON_COMPACT | JSON_ENSURE_ASCII);
}

/* Places look like {{NAME}}; the template is ours, so they are well-formed. */
static void put_page(FILE *out, const json_t *data)
{
	const char *at = page_html, *place;

	while ((place = strstr(at, "{{"))) {
		const char *end = strstr(place, "}}");

		fwrite(at, 1, (size_t)(place - at), out);
		put_part(out, place + 2, (size_t)(end - place - 2), data);
		at = end + 2;
	}
	fputs(at, out);
}

static struct ds_timeline_options caps(const struct ds_report_options *opt)
{
	return (struct ds_timeline_options){
		.items = opt->max > ITEMS ? opt->max : ITEMS,
		.buffers = opt->max > BUFFERS ? opt->max : BUFFERS,
	};
}

static int write_html(FILE *out, const struct ds_run *run, const struct ds_report_options *opt)
{
	struct ds_html h = {.run = run, .opt = opt};
	struct ds_timeline_options cap = caps(opt);
	json_t *page = json_object();
	int r = ds_timeline_build(run, &cap, &h.time);

	if (!r) {
		ds_html_put_run(&h, page);
		ds_html_put_kernel(&h, page);
		ds_html_put_findings(&h, page);
		ds_html_put_timeline(&h, page);
		r = h.failed ? -ENOMEM : 0;
	}
	if (!r)
		put_page(out, page);
	ds_timeline_destroy(h.time);
	json_decref(page);
	return r;
}

const struct ds_report_ops ds_report_fmt_html = {
	.name = "html",
	.what = "for people: one page with timelines, needs no network, see docs/html-report.md",
	.extension = "html",
	.to_file = true,
	.write = write_html,
};
