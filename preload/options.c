/* SPDX-License-Identifier: MIT */
/* Parses DMASAN_OPTIONS without allocating. */
#include "preload/options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "preload/sys.h"
#include "preload/text.h"

struct ds_options ds_options;

enum type { TYPE_INT, TYPE_WORD, TYPE_PATH };

struct option_row {
	const char *name;
	enum type type;
	const char *words; /* of a WORD: "a|b|c" */
	const char *initial, *help;
	size_t offset;
};

#define INT	    TYPE_INT, NULL
#define PATH	    TYPE_PATH, NULL
#define WORD(words) TYPE_WORD, words
static const struct option_row rows[] = {
#define OPT(name, type, initial, help) \
	{#name, type, initial, help, offsetof(struct ds_options, name)},
#include "preload/options.def"
#undef OPT
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Index of a word in "a|b|c", -1 when it is none of them. */
static int word_index(const char *words, const char *text, size_t len)
{
	for (int i = 0; words; i++) {
		const char *bar = strchr(words, '|');
		size_t n = bar ? (size_t)(bar - words) : strlen(words);

		if (n == len && !memcmp(words, text, n))
			return i;
		words = bar ? bar + 1 : NULL;
	}
	return -1;
}

static int number(const char *text, size_t len)
{
	int n = 0;

	if (!len || len > 8)
		return -1;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		n = n * 10 + text[i] - '0';
	}
	return n;
}

static bool assign(const struct option_row *row, const char *text, size_t len)
{
	char *field = (char *)&ds_options + row->offset;
	int value;

	if (row->type == TYPE_PATH) {
		if (len >= sizeof(ds_options.dir))
			return false;
		memcpy(field, text, len);
		field[len] = 0;
		return true;
	}
	value = row->type == TYPE_WORD ? word_index(row->words, text, len) : number(text, len);
	if (value >= 0)
		memcpy(field, &value, sizeof(value));
	return value >= 0;
}

static void complain(const char *what, const char *text, size_t len)
{
	char word[128];

	len = len < sizeof(word) - 1 ? len : sizeof(word) - 1;
	memcpy(word, text, len);
	word[len] = 0;
	ds_say(what, word, " (DMASAN_OPTIONS=help=1 lists the options)");
}

static void parse_one(const char *text, size_t len)
{
	const char *equals = memchr(text, '=', len);
	size_t name = equals ? (size_t)(equals - text) : len;

	for (unsigned i = 0; i < ROWS; i++) {
		if (strlen(rows[i].name) != name || memcmp(rows[i].name, text, name))
			continue;
		if (!equals || !assign(&rows[i], equals + 1, len - name - 1))
			complain("option with a bad value ignored: ", text, len);
		return;
	}
	complain("unknown option ignored: ", text, len);
}

static void print_help(void)
{
	ds_say("options in DMASAN_OPTIONS, as name=value separated by ':'", "", "");
	for (unsigned i = 0; i < ROWS; i++) {
		char line[400], *at = line;
		const char *end = line + sizeof(line);

		ds_put_text(&at, end, "\t");
		ds_put_text(&at, end, rows[i].name);
		ds_put_text(&at, end,
			    rows[i].words	       ? "="
			    : rows[i].type == TYPE_INT ? "=N"
						       : "=PATH");
		ds_put_text(&at, end, rows[i].words ? rows[i].words : "");
		ds_put_text(&at, end, *rows[i].initial ? " (default " : "");
		ds_put_text(&at, end, rows[i].initial);
		ds_put_text(&at, end, *rows[i].initial ? ")" : "");
		ds_put_text(&at, end, "\n\t\t");
		ds_put_text(&at, end, rows[i].help);
		ds_put_text(&at, end, "\n");
		ds_sys_write(2, line, (size_t)(at - line));
	}
}

void ds_options_init(void)
{
	const char *text = getenv("DMASAN_OPTIONS");

	for (unsigned i = 0; i < ROWS; i++)
		assign(&rows[i], rows[i].initial, strlen(rows[i].initial));
	while (text && *text) {
		size_t len = strcspn(text, ":");

		if (len)
			parse_one(text, len);
		text += len + (text[len] == ':');
	}
	if (ds_options.coherency && !*ds_options.shadow) {
		ds_say("coherency=... ignored: it needs dmasan run --coherency", "", "");
		ds_options.coherency = 0;
	}
	if (ds_options.frames > 32)
		ds_options.frames = 32;
	if (ds_options.help)
		print_help();
}
