/* SPDX-License-Identifier: MIT */
/*
 * A readable name from a mangled C++ or Rust symbol, without a C++ runtime.
 *
 * Only the name is wanted, not the signature.  Anything that this subset of the Itanium grammar
 * does not know leaves the symbol as it is: a name that is hard to read beats one that is wrong.
 * The result is the same on every machine, because tokens depend on it.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/symbolize.h"

#define MAX_DEPTH 40

struct cursor {
	const char *at;
	FILE *out;	  /* NULL while something is skipped */
	bool any;	  /* a component has been written */
	const char *last; /* the latest identifier: what a constructor is called */
	size_t last_length;
	int depth;
};

static bool skip_type(struct cursor *c);
static bool name(struct cursor *c);

static const struct {
	const char code[3];
	const char *text;
} operators[] = {
	{"aN", "operator&="},	     {"aS", "operator="},    {"aa", "operator&&"},
	{"ad", "operator&"},	     {"an", "operator&"},    {"cl", "operator()"},
	{"co", "operator~"},	     {"cm", "operator,"},    {"dV", "operator/="},
	{"da", "operator delete[]"}, {"de", "operator*"},    {"dl", "operator delete"},
	{"dv", "operator/"},	     {"eo", "operator^"},    {"eq", "operator=="},
	{"ge", "operator>="},	     {"gt", "operator>"},    {"ix", "operator[]"},
	{"lS", "operator<<="},	     {"le", "operator<="},   {"ls", "operator<<"},
	{"lt", "operator<"},	     {"mI", "operator-="},   {"mL", "operator*="},
	{"mi", "operator-"},	     {"ml", "operator*"},    {"mm", "operator--"},
	{"na", "operator new[]"},    {"ne", "operator!="},   {"ng", "operator-"},
	{"nt", "operator!"},	     {"nw", "operator new"}, {"oR", "operator|="},
	{"oo", "operator||"},	     {"or", "operator|"},    {"pL", "operator+="},
	{"pl", "operator+"},	     {"pp", "operator++"},   {"pt", "operator->"},
	{"rS", "operator>>="},	     {"rm", "operator%"},    {"rs", "operator>>"},
	{"ss", "operator<=>"},
};

static void emit(struct cursor *c, const char *text, size_t n)
{
	if (c->out) {
		fputs(c->any ? "::" : "", c->out);
		fwrite(text, 1, n, c->out);
	}
	c->any = true;
}

static bool accept(struct cursor *c, const char *text)
{
	size_t n = strlen(text);

	if (strncmp(c->at, text, n))
		return false;
	c->at += n;
	return true;
}

static bool is_hash(const char *s, size_t n)
{
	return n == 17 && s[0] == 'h' && strspn(s + 1, "0123456789abcdef") >= 16;
}

static bool identifier(struct cursor *c)
{
	char *end;
	unsigned long n = isdigit((unsigned char)*c->at) ? strtoul(c->at, &end, 10) : 0;

	if (!n || strnlen(end, n) < n)
		return false;
	c->at = end + n;
	if (n > 10 && !strncmp(end, "_GLOBAL__N", 10))
		emit(c, "(anonymous namespace)", 21);
	else if (!is_hash(end, n)) /* Rust's, of the whole build: no part of the name */
		emit(c, end, n);
	c->last = end;
	c->last_length = n;
	while (*c->at == 'B') { /* ABI tag */
		struct cursor tag = {.at = c->at + 1};

		if (!identifier(&tag))
			return false;
		c->at = tag.at;
	}
	return true;
}

/* Digits or upper-case letters, then '_': the number of a substitution, parameter or lambda. */
static bool sequence(struct cursor *c)
{
	while (isdigit((unsigned char)*c->at) || isupper((unsigned char)*c->at))
		c->at++;
	return accept(c, "_");
}

static bool skip_types_to_end(struct cursor *c)
{
	while (!accept(c, "E"))
		if (!skip_type(c))
			return false;
	return true;
}

static bool template_argument(struct cursor *c)
{
	if (accept(c, "J"))
		return skip_types_to_end(c);
	if (accept(c, "L")) { /* a literal: its type, its value */
		if (*c->at == '_' || !skip_type(c))
			return false;
		c->at += strcspn(c->at, "E");
		return accept(c, "E");
	}
	return skip_type(c);
}

static bool template_arguments(struct cursor *c)
{
	if (c->out)
		fputs("<...>", c->out);
	while (!accept(c, "E"))
		if (!template_argument(c))
			return false;
	return true;
}

static bool standard(struct cursor *c)
{
	static const char *const names[][2] = {
		{"Sa", "std::allocator"},
		{"Sb", "std::basic_string"},
		{"Ss", "std::string"},
		{"Si", "std::istream"},
		{"So", "std::ostream"},
		{"Sd", "std::iostream"},
		{"St", "std"},
	};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (!accept(c, names[i][0]))
			continue;
		emit(c, names[i][1], strlen(names[i][1]));
		return true;
	}
	return false;
}

static bool special_member(struct cursor *c)
{
	bool destructor = *c->at == 'D';

	if ((*c->at != 'C' && !destructor) || !isdigit((unsigned char)c->at[1]) || !c->last)
		return false;
	c->at += 2;
	emit(c, "~", destructor);
	if (c->out)
		fwrite(c->last, 1, c->last_length, c->out);
	return true;
}

static bool operator_name(struct cursor *c)
{
	for (unsigned i = 0; i < sizeof(operators) / sizeof(operators[0]); i++)
		if (accept(c, operators[i].code)) {
			emit(c, operators[i].text, strlen(operators[i].text));
			return true;
		}
	return false;
}

static bool lambda(struct cursor *c)
{
	struct cursor types = *c;

	if (!accept(&types, "Ul"))
		return false;
	types.out = NULL;
	if (!skip_types_to_end(&types) || !sequence(&types))
		return false;
	c->at = types.at;
	emit(c, "{lambda}", 8);
	return true;
}

static bool component(struct cursor *c)
{
	if (accept(c, "I"))
		return c->any && template_arguments(c);
	accept(c, "L");
	return identifier(c) || standard(c) || special_member(c) || lambda(c) || operator_name(c);
}

static bool nested(struct cursor *c)
{
	while (accept(c, "K") || accept(c, "V") || accept(c, "r") || accept(c, "R") ||
	       accept(c, "O"))
		;
	while (!accept(c, "E"))
		if (!component(c))
			return false;
	return true;
}

/* What is defined inside a function: the function, its parameters, then the name. */
static bool local(struct cursor *c)
{
	struct cursor types;

	if (!name(c))
		return false;
	types = *c;
	types.out = NULL;
	if (!skip_types_to_end(&types))
		return false;
	c->at = types.at;
	return *c->at != 's' && name(c);
}

static bool name(struct cursor *c)
{
	bool ok;

	if (++c->depth > MAX_DEPTH)
		return false;
	if (accept(c, "Z"))
		ok = local(c);
	else if (accept(c, "N"))
		ok = nested(c);
	else
		ok = (!accept(c, "St") || (emit(c, "std", 3), true)) && component(c) &&
		     (!accept(c, "I") || template_arguments(c));
	c->depth--;
	return ok;
}

static bool skip_substitution(struct cursor *c)
{
	if (standard(c))
		return c->at[-1] != 't' || identifier(c);
	c->at++;
	return sequence(c);
}

static bool skip_one_type(struct cursor *c)
{
	switch (*c->at) {
	case 'A':
		c->at += 1 + strspn(c->at + 1, "0123456789");
		return accept(c, "_") && skip_type(c);
	case 'D': return strchr("nisuhacf", c->at[1]) && c->at[1] && (c->at += 2, true);
	case 'F': c->at++; return skip_types_to_end(c);
	case 'M': c->at++; return skip_type(c) && skip_type(c);
	case 'S': return skip_substitution(c);
	case 'T': c->at++; return sequence(c);
	case 'N': return name(c);
	default: break;
	}
	if (isdigit((unsigned char)*c->at))
		return identifier(c);
	if (!islower((unsigned char)*c->at) || *c->at == 'u')
		return false;
	c->at++;
	return true;
}

static bool skip_type(struct cursor *c)
{
	struct cursor t = {.at = c->at, .depth = c->depth + 1};
	bool ok;

	if (t.depth > MAX_DEPTH)
		return false;
	while (*t.at && strchr("PROKVr", *t.at))
		t.at++;
	accept(&t, "Dp"); /* a pack */
	ok = skip_one_type(&t) && (!accept(&t, "I") || template_arguments(&t));
	c->at = t.at;
	return ok;
}

/* What the compiler appends to the name of a part or copy of a function. */
static size_t plain_length(const char *symbol)
{
	static const char *const suffixes[] = {".cold",	      ".part.",	    ".isra.",
					       ".constprop.", ".lto_priv.", ".llvm."};
	size_t n = strlen(symbol);

	for (unsigned i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		const char *s = strstr(symbol + (n > 0), suffixes[i]);

		if (s && (size_t)(s - symbol) < n)
			n = (size_t)(s - symbol);
	}
	return n;
}

char *ds_symbol_demangle(const char *symbol)
{
	char *text = NULL;
	size_t size = 0;
	struct cursor c = {.at = symbol};
	bool ok;

	if (!accept(&c, "_Z"))
		return strndup(symbol, plain_length(symbol));
	c.out = open_memstream(&text, &size);
	ok = c.out && name(&c);
	if (c.out && (fclose(c.out) || !ok || !size)) {
		free(text);
		text = NULL;
	}
	return text ? text : strdup(symbol);
}
