/* SPDX-License-Identifier: MIT */
/* dmasan explain: one rule from rules.def, with what it means and an example. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"
#include "report/report.h"
#include "report/text.h"

#define WIDTH 90

static const char usage[] =
	"Usage: dmasan explain [RULE]\n"
	"\n"
	"Says why a rule matters, what breaking it means on different machines, and how to fix "
	"it.\n"
	"Lists all rules without an argument. Exit status: 0, or 2 for an unknown rule.\n"
	"\n"
	"Examples:\n"
	"  dmasan explain OWN01\n"
	"  dmasan explain\n";

static const char shorts[] = ":h";
static const struct option longs[] = {
	{"help", no_argument, NULL, 'h'},
	{0},
};

static int by_id(const void *a, const void *b)
{
	return strcmp(ds_rule(*(const unsigned *)a)->id, ds_rule(*(const unsigned *)b)->id);
}

/* Numbers of all rules, by id: rules.def has them in order of precedence. */
static void sort_rules(unsigned ret[DS_RULES])
{
	for (unsigned i = 0; i < DS_RULES; i++)
		ret[i] = i;
	qsort(ret, DS_RULES, sizeof(ret[0]), by_id);
}

static int list(void)
{
	unsigned number[DS_RULES];

	sort_rules(number);
	for (unsigned i = 0; i < DS_RULES; i++) {
		const struct ds_rule *r = ds_rule(number[i]);

		printf("%s  %-7s  %s\n", r->id, ds_severity_name(r->severity), r->title);
	}
	return 0;
}

static int unknown(const char *id)
{
	unsigned number[DS_RULES];
	char valid[512] = "";

	sort_rules(number);
	for (unsigned i = 0; i < DS_RULES && strlen(valid) + 16 < sizeof(valid); i++) {
		strcat(valid, i ? ", " : "");
		strcat(valid, ds_rule(number[i])->id);
	}
	return ds_cli_usage("explain", "unknown rule '%s': the rules are %s", id, valid);
}

static void put_section(const char *name, const char *text)
{
	printf("\n%s\n    ", name);
	ds_text_wrap(stdout, text, 4, 4, WIDTH);
}

static void put_row(const char *machine, const char *text)
{
	printf("    %-21s ", machine);
	ds_text_wrap(stdout, text, 26, 26, WIDTH);
}

static bool same(const struct ds_platforms *a, const struct ds_platforms *b)
{
	return !strcmp(a->coherent, b->coherent) && !strcmp(a->noncoherent, b->noncoherent) &&
	       !strcmp(a->bounce, b->bounce);
}

static void put_table(const char *when, const struct ds_platforms *p)
{
	printf("\nWHAT IT MEANS%s\n", when);
	put_row("coherent machine", p->coherent);
	put_row("non-coherent caches", p->noncoherent);
	put_row("bounce buffer", p->bounce);
}

/* One table, or two when the way in which the device uses the buffer makes a difference. */
static void put_platforms(unsigned rule)
{
	/* the rules that judge reads alone say so in their title; others are worst for writes */
	unsigned op = strstr(ds_rule(rule)->title, "reads") ? DS_READ : DS_WRITE;
	struct ds_platforms writes = ds_platforms(rule, op, DS_DEVICE_WRITES);
	struct ds_platforms reads = ds_platforms(rule, op, DS_DEVICE_READS);

	if (same(&writes, &reads)) {
		put_table("", &writes);
		return;
	}
	put_table(", WHEN THE DEVICE WRITES THE BUFFER", &writes);
	put_table(", WHEN THE DEVICE READS THE BUFFER", &reads);
}

static void put_code(const char *name, const char *code)
{
	printf("\n%s\n", name);
	while (*code) {
		size_t n = strcspn(code, "\n");

		printf("    %.*s\n", (int)n, code);
		code += n + (code[n] != 0);
	}
}

static int explain(unsigned rule)
{
	const struct ds_rule *r = ds_rule(rule);
	const struct ds_report_example *example = ds_report_example(r->id);

	printf("%s (%s): %s\n", r->id, ds_severity_name(r->severity), r->title);
	put_section("WHY", r->why);
	put_platforms(rule);
	if (!strncmp(r->id, "OWN", 3) || !strncmp(r->id, "SYN", 3))
		put_section(
			"SEE IT ON THIS MACHINE",
			"dmasan run --coherency bounce -- PROGRAM shows the program the frames of "
			"a "
			"machine with bounce buffers; stale, stale7 and random those of caches. "
			"docs/coherency.md has pictures of one defect under each.");
	put_section("HOW TO FIX IT", r->fix);
	if (example) {
		printf("\nEXAMPLE FROM\n    %s\n", example->program);
		put_code("WRONG", example->wrong);
		put_code("RIGHT", example->right);
	}
	return 0;
}

int ds_cmd_explain(int argc, char **argv)
{
	int c, rule;

	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		if (c == 'h')
			return ds_cli_help(usage);
		return ds_cli_bad_option("explain", c, argv, shorts, longs);
	}
	ds_cli_ignore_sigpipe(true);
	if (!argv[optind])
		return list();
	if (argv[optind + 1])
		return ds_cli_usage("explain", "one rule at a time, not '%s'", argv[optind + 1]);
	rule = ds_rule_find(argv[optind]);
	return rule < 0 ? unknown(argv[optind]) : explain((unsigned)rule);
}
