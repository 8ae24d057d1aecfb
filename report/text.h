/* SPDX-License-Identifier: MIT */
/* Makes text from a trace harmless: names and paths there were chosen by a stranger. */
#ifndef DS_REPORT_TEXT_H
#define DS_REPORT_TEXT_H

#include <stdint.h>
#include <stdio.h>

/*
 * Decode one character of UTF-8.  Returns its length in bytes, or 0 when `s` does not start with a
 * valid, shortest-form character (and at its end).
 */
unsigned ds_utf8_next(const char *s, uint32_t *ret);

/*
 * Write `s` for a terminal or a log: control characters, invalid UTF-8, and characters that change
 * the direction of what follows become \xNN or \u{NNNN}.  NULL is written as nothing.
 */
void ds_text_put(FILE *out, const char *s);

/* As ds_text_put(), into a new string; NULL when there is no memory. */
char *ds_text_safe(const char *s);

/* A copy of `s` in valid UTF-8: each wrong byte becomes U+FFFD.  NULL when there is no memory. */
char *ds_text_utf8(const char *s);

/* Write words of `s` in lines of at most `width` columns, those after the first with an indent. */
void ds_text_wrap(FILE *out, const char *s, unsigned at, unsigned indent, unsigned width);

#endif
