/* SPDX-License-Identifier: MIT */
/* The one escape function for terminals and the one UTF-8 repair for structured formats. */
#include "report/text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

unsigned ds_utf8_next(const char *s, uint32_t *ret)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)s;
	unsigned n = p[0] < 0x80 ? 1 : p[0] >> 5 == 6 ? 2 : p[0] >> 4 == 14 ? 3 : 4;
	uint32_t c = n == 1 ? p[0] : p[0] & (0x7fu >> n);

	if (!p[0] || (n == 4 && p[0] >> 3 != 30))
		return 0;
	for (unsigned i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0; /* also the end of the string */
		c = c << 6 | (p[i] & 0x3f);
	}
	if (n > 1 && (c < smallest[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000)))
		return 0;
	*ret = c;
	return n;
}

/* Characters that a terminal obeys instead of showing, or that reorder the text around them. */
static bool obeyed(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || c == 0x200e || c == 0x200f ||
	       (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void ds_text_put(FILE *out, const char *s)
{
	while (s && *s) {
		uint32_t c = 0;
		unsigned n = ds_utf8_next(s, &c);

		if (!n || (c < 0x80 && obeyed(c)))
			fprintf(out, "\\x%02x", (unsigned char)*s);
		else if (obeyed(c))
			fprintf(out, "\\u{%04x}", (unsigned)c);
		else
			fwrite(s, 1, n, out);
		s += n ? n : 1;
	}
}

char *ds_text_safe(const char *s)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	ds_text_put(out, s);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

char *ds_text_utf8(const char *s)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *copy = malloc(strlen(s) * (sizeof(replacement) - 1) + 1), *to = copy;

	while (copy && *s) {
		uint32_t c;
		unsigned n = ds_utf8_next(s, &c);
		size_t bytes = n ? n : sizeof(replacement) - 1;

		memcpy(to, n ? s : replacement, bytes);
		to += bytes;
		s += n ? n : 1;
	}
	if (copy)
		*to = 0;
	return copy;
}

void ds_text_wrap(FILE *out, const char *s, unsigned at, unsigned indent, unsigned width)
{
	const char *before = "";

	while (*s) {
		size_t word = strcspn(s, " ");

		if (*before && at + 1 + word > width) {
			fprintf(out, "\n%*s", (int)indent, "");
			at = indent;
			before = "";
		}
		fprintf(out, "%s%.*s", before, (int)word, s);
		at += (unsigned)(word + strlen(before));
		before = " ";
		s += word + strspn(s + word, " ");
	}
	fputc('\n', out);
}
