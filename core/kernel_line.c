/* SPDX-License-Identifier: MIT */
/* Reads one line of kernel.lines. */
#include <string.h>

#include "core/kernel_line.h"

#define NAME_BYTES 15 /* what a process can call itself, at most: TASK_COMM_LEN without its NUL */

static const char *const event_words[DS_KEV_MAX] = {
#define KEV(name, word) [DS_KEV_##name] = (word),
	DS_KERNEL_EVENTS
#undef KEV
};

static const struct {
	const char *key;
	unsigned base;
	bool is_signed;
} numbers[DS_KNUM_MAX] = {
#define KNUM(field, key, base, is_signed) [DS_KNUM_##field] = {key, base, is_signed},
	DS_KERNEL_NUMBERS
#undef KNUM
};
_Static_assert(DS_KNUM_MAX <= 32, "`has` has a bit for every number");

/* What is left of a line. */
struct rest {
	const char *at, *end;
};

struct word {
	const char *at;
	size_t len;
};

const char *ds_kernel_event_name(enum ds_kernel_event event)
{
	return (unsigned)event < DS_KEV_MAX ? event_words[event] : "";
}

static bool is(struct word w, const char *text)
{
	return strlen(text) == w.len && !memcmp(w.at, text, w.len);
}

/* Up to the next single blank; two blanks in a row make an empty word, which nothing accepts. */
static struct word next_word(struct rest *r)
{
	struct word w = {.at = r->at};

	while (r->at < r->end && *r->at != ' ')
		r->at++;
	w.len = (size_t)(r->at - w.at);
	if (r->at < r->end)
		r->at++;
	return w;
}

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 16;
}

static bool read_number(struct word w, unsigned base, bool is_signed, uint64_t *ret)
{
	bool minus = is_signed && w.len && *w.at == '-';
	uint64_t value = 0;

	for (size_t i = minus; i < w.len; i++) {
		unsigned d = (unsigned)digit(w.at[i]);

		if (d >= base || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, d, &value))
			return false;
	}
	if (w.len == minus || (minus && value > (uint64_t)INT64_MAX))
		return false;
	*ret = minus ? -value : value;
	return true;
}

static bool read_id(struct word w, int *ret)
{
	uint64_t value;

	if (!read_number(w, 10, false, &value) || value > INT32_MAX)
		return false;
	*ret = (int)value;
	return true;
}

static bool read_text(struct word w, char *ret, size_t size)
{
	if (w.len >= size)
		return false;
	memcpy(ret, w.at, w.len);
	ret[w.len] = '\0';
	return true;
}

/* A process may call itself anything: what would break a line of a report is no part of it. */
static bool read_name(struct word w, char *ret, size_t size)
{
	while (w.len && w.at[w.len - 1] == ' ')
		w.len--;
	if (!read_text(w, ret, size))
		return false;
	for (; *ret; ret++)
		if ((unsigned char)*ret < ' ' || *ret == 0x7f)
			*ret = '?';
	return true;
}

static bool read_event(struct word w, enum ds_kernel_event *ret)
{
	for (unsigned i = 0; i < DS_KEV_MAX; i++) {
		if (!is(w, event_words[i]))
			continue;
		*ret = (enum ds_kernel_event)i;
		return true;
	}
	return false;
}

static bool read_pair(struct word key, struct word value, struct ds_kernel_line *l)
{
	if (is(key, "dev"))
		return read_text(value, l->dev, sizeof(l->dev));
	if (is(key, "exp"))
		return read_text(value, l->exp, sizeof(l->exp));
	for (unsigned i = 0; i < DS_KNUM_MAX; i++) {
		if (!is(key, numbers[i].key))
			continue;
		if (l->has & 1u << i)
			return false;
		l->has |= 1u << i;
		return read_number(value, numbers[i].base, numbers[i].is_signed, &l->number[i]);
	}
	return true; /* a later version's key */
}

/*
 * Pairs up to name=, whose length is fixed, or comm= of older recordings, which takes the whole
 * rest: a process may have blanks and newlines in its name.
 */
static bool read_pairs(struct rest *r, struct ds_kernel_line *l)
{
	while (r->at < r->end) {
		const char *start = r->at;
		struct word w = next_word(r), value;
		const char *equals = memchr(w.at, '=', w.len);

		if (!equals)
			return false;
		value.at = equals + 1;
		value.len = w.len - (size_t)(value.at - w.at);
		w.len = (size_t)(equals - w.at);
		if (is(w, "name") || is(w, "comm")) {
			value.len = (size_t)(r->end - value.at);
			return value.at >= start && (is(w, "comm") || value.len == NAME_BYTES) &&
			       read_name(value, l->comm, sizeof(l->comm));
		}
		if (!read_pair(w, value, l))
			return false;
	}
	return false; /* cut off */
}

static bool read_event_line(struct rest r, struct ds_kernel_line *l)
{
	return read_number(next_word(&r), 10, false, &l->ns) &&
	       read_event(next_word(&r), &l->event) && read_id(next_word(&r), &l->pid) &&
	       read_id(next_word(&r), &l->tid) && read_pairs(&r, l);
}

/* Two numbers: V and C. */
static bool read_version(struct rest r, struct ds_kernel_line *l)
{
	return read_number(next_word(&r), 10, false, &l->value) &&
	       read_number(next_word(&r), 10, false, &l->ns) && r.at == r.end;
}

/* "Lost N events", which bpftrace writes among the lines. */
static bool read_lost(struct rest r, struct ds_kernel_line *l)
{
	return read_number(next_word(&r), 10, false, &l->value) &&
	       !strncmp(r.at, "events", (size_t)(r.end - r.at) < 6 ? (size_t)(r.end - r.at) : 6) &&
	       r.end - r.at >= 6;
}

static void set_text(struct ds_kernel_line *l, enum ds_kernel_kind kind, struct rest r)
{
	l->kind = kind;
	l->text = r.at;
	l->text_len = (size_t)(r.end - r.at);
}

size_t ds_kernel_line_length(const char *text, size_t size)
{
	const char *end = memchr(text, '\n', size), *name;

	if (!end || *text != 'K')
		return end ? (size_t)(end - text) : size;
	name = memmem(text, (size_t)(end - text), " name=", 6);
	if (!name)
		return (size_t)(end - text);
	name += 6;
	if ((size_t)(text + size - name) <= NAME_BYTES)
		return size; /* not all of it is there */
	return (size_t)((name[NAME_BYTES] == '\n' ? name + NAME_BYTES : end) - text);
}

void ds_kernel_line_read(const char *line, size_t len, struct ds_kernel_line *ret)
{
	struct rest r = {.at = line, .end = line + len};
	struct word first = next_word(&r);

	memset(ret, 0, sizeof(*ret));
	set_text(ret, DS_KLINE_NOTE, (struct rest){line, line + len});
	if (is(first, "K"))
		ret->kind = read_event_line(r, ret) ? DS_KLINE_EVENT : DS_KLINE_BAD;
	else if (is(first, "V"))
		ret->kind = read_version(r, ret) ? DS_KLINE_VERSION : DS_KLINE_BAD;
	else if (is(first, "C"))
		ret->kind = read_version(r, ret) ? DS_KLINE_COST : DS_KLINE_NOTE;
	else if (is(first, "E"))
		ret->kind = read_number((struct word){r.at, (size_t)(r.end - r.at)}, 10, false,
					&ret->ns)
				    ? DS_KLINE_END
				    : DS_KLINE_BAD;
	else if (is(first, "Lost"))
		ret->kind = read_lost(r, ret) ? DS_KLINE_LOST : DS_KLINE_NOTE;
	else if (is(first, "A"))
		set_text(ret, DS_KLINE_ATTACHED, r);
	else if (is(first, "M"))
		set_text(ret, DS_KLINE_MISSING, r);
	else if (is(first, "F"))
		set_text(ret, DS_KLINE_FAILED, r);
	else if (is(first, "R"))
		ret->kind = DS_KLINE_READY;
	else if (len > 8 && !memcmp(line, "        ", 8))
		set_text(ret, DS_KLINE_FRAME, (struct rest){line + 8, line + len});
}
