/* SPDX-License-Identifier: MIT */
/* Reads the small text files that users keep beside their code, line by line, with exact errors. */
#ifndef DS_CORE_TEXTFILE_H
#define DS_CORE_TEXTFILE_H

#include <stddef.h>

/* What is wrong with a file, and where; line 0 = with the file as a whole. */
struct ds_file_error {
	unsigned line;
	char reason[200];
};

struct ds_textfile {
	char *text; /* owned */
	char *next;
	unsigned line; /* number of the line that was returned last */
};

/* 0, or -errno with *err (a file that is too large, or that holds a NUL byte: -EBADMSG). */
int ds_textfile_open(struct ds_textfile *f, const char *path, struct ds_file_error *err);
void ds_textfile_close(struct ds_textfile *f);

/*
 * The next line that is neither empty nor a comment (# at its start), without the blanks around
 * it; NULL at the end.  The text stays valid until the file is closed.
 */
char *ds_textfile_next(struct ds_textfile *f);

/* Cut the blanks around a text that may be written to. */
char *ds_text_trim(char *s);

/* Fill *err and return -EBADMSG. */
__attribute__((format(printf, 3, 4))) int ds_file_error(struct ds_file_error *err, unsigned line,
							const char *format, ...);

#endif
