/* SPDX-License-Identifier: MIT */
/*
 * Inside the HTML format: the page's data, made piece by piece.
 *
 * The page is a constant template, and one block of JSON in it that holds everything that comes
 * from the run.  ds_html_escape() is the only way for text of a trace into the page.
 */
#ifndef DS_REPORT_HTML_H
#define DS_REPORT_HTML_H

#include <jansson.h>

#include "core/timeline.h"
#include "report/report.h"

/*
 * Building never checks single steps: a failed json_*() gives NULL, json_object_set_new() refuses
 * it and `failed` remembers, so that a page is written whole or not at all.
 */
struct ds_html {
	const struct ds_run *run;
	const struct ds_report_options *opt;
	struct ds_timeline *time;
	json_t *frames, *frame_index; /* each frame once: list, and place by its words */
	json_t *rules;		      /* text of the rules that occur */
	unsigned sources;	      /* frames whose source lines were quoted */
	bool failed;
};

void ds_html_set(struct ds_html *h, json_t *object, const char *key, json_t *value);
void ds_html_add(struct ds_html *h, json_t *array, json_t *value);

/* Valid UTF-8, and cut where nobody reads on. */
json_t *ds_html_text(const char *s);
json_t *ds_html_number(uint64_t n);
json_t *ds_html_hex(uint64_t n);

/* Write JSON text so that no browser can see anything but text in it. */
void ds_html_escape(FILE *out, const char *json, size_t size);

/* Nanoseconds since the start of the process's run. */
uint64_t ds_html_time(const struct ds_html *h, uint32_t process, uint64_t ns);

/* ---- the parts of the page ---- */

void ds_html_put_run(struct ds_html *h, json_t *page);
void ds_html_put_kernel(struct ds_html *h, json_t *page);
void ds_html_put_findings(struct ds_html *h, json_t *page);
void ds_html_put_timeline(struct ds_html *h, json_t *page);

/* Lines around a line of a source file, or NULL when it cannot be read. */
json_t *ds_html_source(struct ds_html *h, const struct ds_frame *f);

#endif
