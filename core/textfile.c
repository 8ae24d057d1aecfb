/* SPDX-License-Identifier: MIT */
/* Whole text files in memory, cut into lines. */
#include "core/textfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_BYTES (16u << 20)

int ds_file_error(struct ds_file_error *err, unsigned line, const char *format, ...)
{
	va_list args;

	err->line = line;
	va_start(args, format);
	vsnprintf(err->reason, sizeof(err->reason), format, args);
	va_end(args);
	return -EBADMSG;
}

static int read_all(int fd, char *buf, size_t size, size_t *ret)
{
	*ret = 0;
	while (*ret < size) {
		ssize_t n = read(fd, buf + *ret, size - *ret);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		*ret += (size_t)n;
	}
	return 0;
}

int ds_textfile_open(struct ds_textfile *f, const char *path, struct ds_file_error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY), r = fd < 0 ? -errno : 0;
	size_t used = 0;

	*f = (struct ds_textfile){0};
	if (!r) {
		f->text = malloc(MAX_BYTES + 1);
		r = f->text ? read_all(fd, f->text, MAX_BYTES, &used) : -ENOMEM;
		close(fd);
	}
	if (r)
		ds_file_error(err, 0, "%s", strerror(-r));
	else if (used == MAX_BYTES)
		r = ds_file_error(err, 0, "larger than %u MiB", MAX_BYTES >> 20);
	else if (memchr(f->text, 0, used))
		r = ds_file_error(err, 0, "holds a NUL byte, so it is no text");
	if (r) {
		ds_textfile_close(f);
		return r;
	}
	f->text[used] = 0;
	f->next = f->text;
	return 0;
}

void ds_textfile_close(struct ds_textfile *f)
{
	free(f->text);
	*f = (struct ds_textfile){0};
}

char *ds_text_trim(char *s)
{
	size_t n;

	s += strspn(s, " \t\r");
	n = strlen(s);
	while (n && strchr(" \t\r", s[n - 1]))
		s[--n] = 0;
	return s;
}

char *ds_textfile_next(struct ds_textfile *f)
{
	while (*f->next) {
		char *line = f->next, *end = strchr(line, '\n');

		f->next = end ? end + 1 : line + strlen(line);
		if (end)
			*end = 0;
		f->line++;
		line = ds_text_trim(line);
		if (*line && *line != '#')
			return line;
	}
	return NULL;
}
