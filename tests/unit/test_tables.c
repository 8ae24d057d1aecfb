/* SPDX-License-Identifier: MIT */
/* The .def tables: unique numbers and names, complete texts, and what is generated from them. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "core/rules.h"
#include "tests/unit/unit.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static void check_unique(const char *table, const char *const *name, size_t n)
{
	CU_ASSERT(n > 0);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < i; k++)
			UNIT_CHECK(strcmp(name[i], name[k]), "%s: two rows for %s", table, name[i]);
}

/* ---- core/event.def ---- */

static const struct event_row {
	unsigned number;
	const char *name, *text, *field[4];
} events[] = {
#define EV(num, name, text, a, b, c, d) {num, #name, text, {a, b, c, d}},
#include "core/event.def"
#undef EV
};

/* The numbers are on disk: a change of one is a change of the format. */
static const struct {
	unsigned number;
	const char *text;
} on_disk[] = {
	{1, "cont"},	   {2, "string"},    {3, "stack"},    {4, "meta"},   {5, "module"},
	{6, "build-id"},   {7, "device"},    {8, "buffer"},   {9, "alias"},  {10, "map"},
	{11, "unmap"},	   {12, "claim"},    {13, "release"}, {14, "sync"},  {15, "access"},
	{16, "fd-open"},   {17, "fd-close"}, {18, "fd-left"}, {19, "stale"}, {20, "unknown-ioctl"},
	{21, "unguarded"}, {22, "efault"},   {23, "fork"},    {24, "exit"},  {25, "missed"},
	{26, "shared"},
};

static bool is_field(const char *field)
{
	field += *field == '@' || *field == '%';
	if (!isalpha((unsigned char)*field))
		return false;
	return !field[strspn(field, "abcdefghijklmnopqrstuvwxyz0123456789_")];
}

static void test_events(void)
{
	const char *names[COUNT(events)], *texts[COUNT(events)];

	for (size_t i = 0; i < COUNT(events); i++) {
		const struct event_row *e = &events[i];

		names[i] = e->name;
		texts[i] = e->text;
		CU_ASSERT(e->number > 0 && e->number < DS_EV_MAX);
		for (size_t k = 0; k < i; k++)
			UNIT_CHECK(e->number != events[k].number, "number %u twice", e->number);
		for (unsigned k = 0; k < 4; k++) {
			UNIT_CHECK(!*e->field[k] || is_field(e->field[k]), "%s: field \"%s\"",
				   e->name, e->field[k]);
			CU_ASSERT_STRING_EQUAL(ds_event_field(e->number, k), e->field[k]);
		}
		CU_ASSERT_STRING_EQUAL(ds_event_name(e->number), e->text);
	}
	check_unique("event.def names", names, COUNT(names));
	check_unique("event.def texts", texts, COUNT(texts));
}

static void test_events_on_disk(void)
{
	for (size_t i = 0; i < COUNT(on_disk); i++)
		CU_ASSERT_STRING_EQUAL(ds_event_name(on_disk[i].number), on_disk[i].text);
	CU_ASSERT(COUNT(events) >= COUNT(on_disk));
	CU_ASSERT_EQUAL(DS_ORIGIN_DMABUF, 0);
	CU_ASSERT_EQUAL(DS_ORIGIN_V4L2, 1);
	CU_ASSERT_EQUAL(DS_ORIGIN_DRM, 2);
	CU_ASSERT_EQUAL(DS_ORIGIN_MEMFD, 3);
	CU_ASSERT_EQUAL(DS_ORIGIN_USERPTR, 4);
}

static void test_unknown_events(void)
{
	CU_ASSERT_PTR_NULL(ds_event_name(0));
	CU_ASSERT_PTR_NULL(ds_event_name(DS_EV_MAX));
	CU_ASSERT_PTR_NULL(ds_event_name(65535));
	CU_ASSERT_STRING_EQUAL(ds_event_field(0, 0), "");
	CU_ASSERT_STRING_EQUAL(ds_event_field(DS_EV_MAX, 0), "");
	CU_ASSERT_STRING_EQUAL(ds_event_field(DS_EV_CLAIM, 4), "");
}

static void test_identity(void)
{
	uint64_t id = DS_V4L2_IDENTITY(12, 0xfffffffe, 7, 300);

	CU_ASSERT_EQUAL(DS_IDENTITY_TYPE(id), 12);
	CU_ASSERT_EQUAL(DS_IDENTITY_INDEX(id), 0xfffffffe);
	CU_ASSERT_EQUAL(DS_IDENTITY_PLANE(id), 7);
	CU_ASSERT_EQUAL(DS_IDENTITY_GENERATION(id), 300 & 0xff);
}

/* ---- core/rules.def ---- */

static const char *const rule_ids[] = {
#define RULE(id, severity, events, fn, title, why, fix) #id,
#include "core/rules.def"
#undef RULE
};

/* A sentence: a capital or a name of code first, a full stop (or the end of code) last. */
static bool is_sentence(const char *text)
{
	size_t n = strlen(text);

	return n > 20 && !strstr(text, "  ") && (text[n - 1] == '.' || text[n - 1] == ';') &&
	       text[0] != ' ';
}

static bool has_events(const struct ds_rule *r)
{
	uint64_t known = DS_RULE_ON(DS_EV_KERNEL);

	for (unsigned type = 1; type < DS_EV_MAX; type++)
		known |= ds_event_name(type) ? DS_RULE_ON(type) : 0;
	return r->events && !(r->events & ~known);
}

static void check_rule(unsigned number)
{
	const struct ds_rule *r = ds_rule(number);
	size_t title = strlen(r->title);

	UNIT_CHECK(strlen(r->id) == 5 && isupper((unsigned char)r->id[0]) &&
			   isdigit((unsigned char)r->id[4]),
		   "id %s", r->id);
	UNIT_CHECK(title > 10 && title < 80 && r->title[title - 1] != '.', "%s: title", r->id);
	UNIT_CHECK(is_sentence(r->why), "%s: why", r->id);
	UNIT_CHECK(is_sentence(r->fix), "%s: fix", r->id);
	UNIT_CHECK(has_events(r), "%s: events", r->id);
	CU_ASSERT_PTR_NOT_NULL(r->broken);
	CU_ASSERT(r->severity == DS_ADVICE || r->severity == DS_WARNING || r->severity == DS_ERROR);
	CU_ASSERT_EQUAL(ds_rule_find(r->id), (int)number);
}

static void test_rules(void)
{
	CU_ASSERT_EQUAL(COUNT(rule_ids), DS_RULES);
	CU_ASSERT(DS_RULES <= 64); /* findings keep a set of them in one word */
	check_unique("rules.def", rule_ids, COUNT(rule_ids));
	for (unsigned i = 0; i < DS_RULES; i++)
		check_rule(i);
	CU_ASSERT_PTR_NULL(ds_rule(DS_RULES));
	CU_ASSERT_EQUAL(ds_rule_find("own01"), DS_RULE_OWN01);
	CU_ASSERT_EQUAL(ds_rule_find("OWN0"), -ENOENT);
	CU_ASSERT_EQUAL(ds_rule_find(""), -ENOENT);
}

/* LIF before OWN before SYN08 before the other rules of an access. */
static void test_rule_order(void)
{
	for (unsigned i = 1; i < DS_RULES; i++) {
		const struct ds_rule *r = ds_rule(i), *before = ds_rule(i - 1);

		UNIT_CHECK(strncmp(r->id, "LIF", 3) || !strncmp(before->id, "LIF", 3), "%s", r->id);
		if ((r->events & DS_RULE_ON(DS_EV_ACCESS)) && !strncmp(r->id, "OWN", 3))
			UNIT_CHECK(strncmp(before->id, "SYN", 3), "%s stands after %s", r->id,
				   before->id);
	}
	CU_ASSERT(DS_RULE_OWN01 < DS_RULE_SYN08 && DS_RULE_OWN07 < DS_RULE_SYN08);
	CU_ASSERT(DS_RULE_SYN08 < DS_RULE_SYN01 && DS_RULE_SYN08 < DS_RULE_SYN02);
	CU_ASSERT(DS_RULE_SYN08 < DS_RULE_SYN03 && DS_RULE_SYN08 < DS_RULE_SYN09);
}

static void test_severities(void)
{
	CU_ASSERT(DS_ADVICE < DS_WARNING && DS_WARNING < DS_ERROR);
	CU_ASSERT_EQUAL(ds_severity_parse("advice"), DS_ADVICE);
	CU_ASSERT_EQUAL(ds_severity_parse("Warning"), DS_WARNING);
	CU_ASSERT_EQUAL(ds_severity_parse("error"), DS_ERROR);
	CU_ASSERT_EQUAL(ds_severity_parse("err"), -EINVAL);
	CU_ASSERT_EQUAL(ds_severity_parse(""), -EINVAL);
	CU_ASSERT_STRING_EQUAL(ds_severity_name(DS_WARNING), "warning");
}

/* Each broken rule says something for each kind of machine, and OWN01 tells who uses the buffer. */
static void test_platforms(void)
{
	struct ds_platforms a = ds_platforms(DS_RULE_OWN01, DS_WRITE, DS_DEVICE_READS);
	struct ds_platforms b = ds_platforms(DS_RULE_OWN01, DS_WRITE, DS_DEVICE_WRITES);

	for (unsigned rule = 0; rule < DS_RULES; rule++)
		for (unsigned op = 0; op <= DS_WRITE; op++)
			for (unsigned u = 0; u <= 3; u++) {
				struct ds_platforms p = ds_platforms(rule, op, u);

				CU_ASSERT(p.coherent && *p.coherent);
				CU_ASSERT(p.noncoherent && *p.noncoherent);
				CU_ASSERT(p.bounce && *p.bounce);
			}
	CU_ASSERT_STRING_NOT_EQUAL(a.bounce, b.bounce);
	CU_ASSERT_STRING_EQUAL(ds_platforms(DS_RULE_SYN01, DS_WRITE, 0).coherent, "works");
	CU_ASSERT_STRING_EQUAL(ds_platforms(DS_RULE_SYN02, DS_READ, 0).coherent, "works");
	CU_ASSERT_STRING_NOT_EQUAL(ds_platforms(DS_RULE_SYN01, DS_WRITE, 0).bounce,
				   ds_platforms(DS_RULE_SYN02, DS_READ, 0).bounce);
}

/* ---- the other tables ---- */

static void test_libc(void)
{
	static const char *const names[] = {
#define FN(ret, name, params)				      #name,
#define IO(ret, name, params, args, op, pointer, bytes, unit) #name,
#define IOV(ret, name, params, args, op, vector, count)	      #name,
#define MSG(ret, name, params, args, op, vector, count)	      #name,
#include "preload/libc.def"
	};

	check_unique("libc.def", names, COUNT(names));
}

static void test_names(void)
{
	static const char *const options[] = {
#define OPT(name, type, initial, help) #name,
#include "preload/options.def"
	};
	static const char *const commands[] = {
#define COMMAND(name, text) #name,
#include "cli/commands.def"
	};

	check_unique("options.def", options, COUNT(options));
	check_unique("commands.def", commands, COUNT(commands));
}

/* Each rule has one example of the wrong and the right way. */
static void test_examples(void)
{
	static const char *const examples[][4] = {
#define EXAMPLE(id, program, wrong, right) {#id, program, wrong, right},
#include "report/examples.def"
	};
	const char *ids[COUNT(examples)] = {NULL};

	for (size_t i = 0; i < COUNT(examples); i++) {
		ids[i] = examples[i][0];
		UNIT_CHECK(ds_rule_find(ids[i]) >= 0, "an example of no rule: %s", ids[i]);
		for (unsigned k = 2; k < 4; k++)
			UNIT_CHECK(*examples[i][k] &&
					   examples[i][k][strlen(examples[i][k]) - 1] == '\n',
				   "%s: text %u", ids[i], k);
	}
	check_unique("examples.def", ids, COUNT(ids));
	CU_ASSERT_EQUAL(COUNT(examples), DS_RULES);
}

CU_TestInfo unit_tables[] = {
	{"event.def", test_events},
	{"event numbers on disk", test_events_on_disk},
	{"unknown events", test_unknown_events},
	{"identity words", test_identity},
	{"rules.def", test_rules},
	{"precedence of the rows", test_rule_order},
	{"severities", test_severities},
	{"platforms", test_platforms},
	{"libc.def", test_libc},
	{"options.def and commands.def", test_names},
	{"examples.def", test_examples},
	CU_TEST_INFO_NULL,
};
