/* SPDX-License-Identifier: MIT */
/* The rules as SARIF describes them: what a reviewer reads beside a finding. */
#include <inttypes.h>
#include <stdlib.h>

#include "report/sarif.h"

const char *ds_sarif_level(enum ds_severity severity)
{
	static const char *const levels[] = {
		[DS_ADVICE] = "note", [DS_WARNING] = "warning", [DS_ERROR] = "error"};

	return levels[severity];
}

static void put_example(FILE *out, const char *title, const char *code)
{
	fprintf(out, "\n\n**%s**\n\n```c\n%s\n```", title, code);
}

/* Help as plain text and as Markdown: GitHub wants both. */
static char *help(const struct ds_rule *rule, bool markdown)
{
	const struct ds_report_example *example = ds_report_example(rule->id);
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	if (markdown)
		fprintf(out, "**%s: %s.**\n\n%s\n\n**Fix:** %s", rule->id, rule->title, rule->why,
			rule->fix);
	else
		fprintf(out, "%s Fix: %s", rule->why, rule->fix);
	if (markdown && example) {
		put_example(out, "Wrong", example->wrong);
		put_example(out, "Right", example->right);
	}
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

static json_t *texts(struct ds_sarif *s, const char *text)
{
	json_t *o = json_object();

	ds_json_set(&s->json, o, "text", ds_json_text(text));
	return o;
}

static json_t *help_object(struct ds_sarif *s, const struct ds_rule *rule)
{
	char *plain = help(rule, false), *markdown = help(rule, true);
	json_t *o = texts(s, plain);

	ds_json_set(&s->json, o, "markdown", ds_json_text(markdown));
	s->json.failed |= !plain || !markdown;
	free(plain);
	free(markdown);
	return o;
}

static json_t *rule_properties(struct ds_sarif *s, const struct ds_rule *rule)
{
	json_t *o = json_object(), *tags = json_array();

	ds_json_append(&s->json, tags, json_string("correctness"));
	ds_json_append(&s->json, tags, json_string("dma"));
	ds_json_set(&s->json, o, "tags", tags);
	ds_json_set(&s->json, o, "precision", json_string("very-high"));
	ds_json_set(&s->json, o, "problem.severity",
		    json_string(rule->severity == DS_ADVICE ? "recommendation"
							    : ds_severity_name(rule->severity)));
	return o;
}

static json_t *rule_object(struct ds_sarif *s, const struct ds_rule *rule)
{
	json_t *o = json_object(), *level = json_object();

	ds_json_set(&s->json, level, "level", json_string(ds_sarif_level(rule->severity)));
	ds_json_set(&s->json, o, "id", json_string(rule->id));
	ds_json_set(&s->json, o, "shortDescription", texts(s, rule->title));
	ds_json_set(&s->json, o, "fullDescription", texts(s, rule->why));
	ds_json_set(&s->json, o, "help", help_object(s, rule));
	ds_json_set(&s->json, o, "defaultConfiguration", level);
	ds_json_set(&s->json, o, "properties", rule_properties(s, rule));
	return o;
}

json_t *ds_sarif_rules(struct ds_sarif *s)
{
	json_t *list = json_array();

	for (unsigned i = 0; i < DS_RULES; i++)
		ds_json_append(&s->json, list, rule_object(s, ds_rule(i)));
	return list;
}
