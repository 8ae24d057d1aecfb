/* SPDX-License-Identifier: MIT */
/* Messages to the user, all in one shape, and the checks of options that several commands need. */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "report/text.h"

__attribute__((format(printf, 2, 0))) static void print(const char *before, const char *format,
							va_list args, const char *fix)
{
	char *text = NULL;

	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	flockfile(stderr); /* one line, also beside the traced program's own output */
	fprintf(stderr, "dmasan%s: ", before);
	ds_text_put(stderr, text ? text : "out of memory");
	if (fix) {
		fputs("; ", stderr);
		ds_text_put(stderr, fix);
	}
	fputc('\n', stderr);
	funlockfile(stderr);
	free(text);
}

void ds_cli_error(const char *fix, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("", format, args, fix);
	va_end(args);
}

void ds_cli_note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	print("", format, args, NULL);
	va_end(args);
}

int ds_cli_usage(const char *command, const char *format, ...)
{
	char before[32], fix[64];
	va_list args;

	snprintf(before, sizeof(before), "%s%s", *command ? " " : "", command);
	snprintf(fix, sizeof(fix), "see dmasan%s --help", before);
	va_start(args, format);
	print(before, format, args, fix);
	va_end(args);
	return DS_EXIT_USAGE;
}

static void list_options(FILE *out, const char *shorts, const struct option *longs)
{
	const char *before = "";

	for (const char *s = shorts; *s; s++) {
		if (!isalnum((unsigned char)*s))
			continue;
		fprintf(out, "%s-%c", before, *s);
		before = ", ";
	}
	for (; longs->name; longs++) {
		fprintf(out, "%s--%s", before, longs->name);
		before = ", ";
	}
}

int ds_cli_bad_option(const char *command, int c, char **argv, const char *shorts,
		      const struct option *longs)
{
	const char *word = argv[optind - 1];
	char letter[3] = {'-', (char)optopt, 0}, *valid = NULL;
	size_t size;
	FILE *out;

	if (optopt > 0 && optopt < 256 && strncmp(word, "--", 2))
		word = letter;
	if (c == ':')
		return ds_cli_usage(command, "option '%s' needs a value", word);
	if (optopt >= 256)
		return ds_cli_usage(command, "option '%s' takes no value", word);
	out = open_memstream(&valid, &size);
	if (out) {
		list_options(out, shorts, longs);
		fclose(out);
	}
	ds_cli_usage(command, "unknown option '%s': the options are %s", word, valid ? valid : "?");
	free(valid);
	return DS_EXIT_USAGE;
}

int ds_cli_help(const char *text)
{
	ds_cli_ignore_sigpipe(true);
	fputs(text, stdout);
	return 0;
}

bool ds_cli_number(const char *text, unsigned long min, unsigned long max, unsigned long *ret)
{
	unsigned long n;
	char *end;

	if (!isdigit((unsigned char)*text))
		return false;
	errno = 0;
	n = strtoul(text, &end, 10);
	if (errno || *end || n < min || n > max)
		return false;
	*ret = n;
	return true;
}
