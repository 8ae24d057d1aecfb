/* SPDX-License-Identifier: MIT */
/* Quotes source lines: only on request, only a few, and only from ordinary files. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/html.h"
#include "report/place.h"

#define AROUND	    4
#define MAX_COLUMNS 300
#define MAX_SOURCES 500 /* in a page */
#define MAX_LINE    200000

/* A debug file may name anything: a pipe or a device must not hang or feed the report. */
static FILE *open_source(const struct ds_frame *frame)
{
	char *path = ds_place_path(frame);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	struct stat st;
	FILE *f = NULL;

	if (fd >= 0 && !fstat(fd, &st) && S_ISREG(st.st_mode))
		f = fdopen(fd, "r");
	if (!f && fd >= 0)
		close(fd);
	free(path);
	return f;
}

/* One line without its end, cut; false at the end of the file. */
static bool read_line(FILE *f, char *buf, size_t size)
{
	size_t used = 0;
	int c;

	while ((c = getc_unlocked(f)) != EOF && c != '\n')
		if (used + 1 < size)
			buf[used++] = (char)(c ? c : ' ');
	while (used && buf[used - 1] == '\r')
		used--;
	buf[used] = 0;
	return c != EOF || used;
}

json_t *ds_html_source(struct ds_html *h, const struct ds_frame *frame)
{
	unsigned line = frame->line;
	unsigned first = line > AROUND ? line - AROUND : 1;
	json_t *lines, *o;
	char buf[MAX_COLUMNS];
	FILE *f;

	if (!h->opt->with_source || !line || line > MAX_LINE || h->sources >= MAX_SOURCES)
		return NULL;
	f = open_source(frame);
	if (!f)
		return NULL;
	lines = json_array();
	for (unsigned i = 1; i <= line + AROUND && read_line(f, buf, sizeof(buf)); i++)
		if (i >= first)
			ds_html_add(h, lines, ds_html_text(buf));
	fclose(f);
	if (json_array_size(lines) <= line - first) { /* the file is shorter than it was */
		json_decref(lines);
		return NULL;
	}
	h->sources++;
	o = json_object();
	ds_html_set(h, o, "first", json_integer(first));
	ds_html_set(h, o, "lines", lines);
	return o;
}
