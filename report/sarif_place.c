/* SPDX-License-Identifier: MIT */
/*
 * Places in SARIF.  A file below the current directory is named relative to it, so that the same
 * log fits every checkout; others keep their absolute name.  Without a source line the module
 * stands for it, because GitHub refuses results that lie nowhere.
 */
#include <stdlib.h>
#include <string.h>

#include "report/place.h"
#include "report/sarif.h"
#include "report/text.h"

/* SARIF 2.1.0, 3.11.5 and 3.11.6: braces are placeholders, brackets are links. */
static char *escape(const char *safe)
{
	char *text = malloc(2 * strlen(safe) + 1), *to = text;

	for (; text && *safe; safe++) {
		if (strchr("\\[]", *safe))
			*to++ = '\\';
		if (*safe == '{' || *safe == '}')
			*to++ = *safe;
		*to++ = *safe;
	}
	if (text)
		*to = 0;
	return text;
}

json_t *ds_sarif_message(struct ds_sarif *s, const char *text)
{
	char *safe = ds_text_safe(text ? text : ""), *escaped = safe ? escape(safe) : NULL;
	json_t *o = json_object();

	ds_json_set(&s->json, o, "text", escaped ? ds_json_text(escaped) : NULL);
	free(safe);
	free(escaped);
	return o;
}

static json_t *artifact(struct ds_sarif *s, const char *path, bool relative)
{
	char *uri = ds_place_uri(path);
	json_t *o = json_object();

	ds_json_set(&s->json, o, "uri", uri ? json_string(uri) : NULL);
	if (relative)
		ds_json_set(&s->json, o, "uriBaseId", json_string("%SRCROOT%"));
	free(uri);
	return o;
}

static json_t *region(struct ds_sarif *s, unsigned line)
{
	json_t *o = json_object();

	ds_json_set(&s->json, o, "startLine", json_integer(line ? line : 1));
	return o;
}

/* A path that is absolute, or made so: a relative one that is not below the root helps nobody. */
static json_t *other_artifact(struct ds_sarif *s, const char *path)
{
	char *full = NULL;
	json_t *o;

	if (*path == '/')
		return artifact(s, path, false);
	if (asprintf(&full, "%s/%s", s->opt->root ? s->opt->root : "", path) < 0)
		full = NULL;
	o = full ? artifact(s, full, false) : NULL;
	free(full);
	return o;
}

static json_t *physical(struct ds_sarif *s, const struct ds_frame *f)
{
	char *relative = ds_place_relative(f, s->opt->root);
	json_t *o = json_object(), *address;

	if (relative)
		ds_json_set(&s->json, o, "artifactLocation", artifact(s, relative, true));
	else if (f && (f->file || *f->module))
		ds_json_set(&s->json, o, "artifactLocation",
			    other_artifact(s, f->file ? f->file : f->module));
	else
		ds_json_set(&s->json, o, "artifactLocation", other_artifact(s, s->run->dir));
	ds_json_set(&s->json, o, "region", region(s, f ? f->line : 0));
	if (f) {
		address = json_object();
		ds_json_set(&s->json, address, "relativeAddress", ds_json_number(f->offset));
		if (*f->module)
			ds_json_set(&s->json, address, "name", ds_json_text(f->module));
		ds_json_set(&s->json, o, "address", address);
	}
	free(relative);
	return o;
}

static json_t *logical(struct ds_sarif *s, const char *name, const char *kind)
{
	json_t *o = json_object();

	ds_json_set(&s->json, o, "name", ds_json_text(name));
	ds_json_set(&s->json, o, "kind", json_string(kind));
	return o;
}

static json_t *frame_location(struct ds_sarif *s, const struct ds_frame *f, const char *message)
{
	json_t *o = json_object(), *list = json_array();

	ds_json_set(&s->json, o, "physicalLocation", physical(s, f));
	if (f && f->function && *f->function)
		ds_json_append(&s->json, list, logical(s, f->function, "function"));
	if (f && *f->module)
		ds_json_append(&s->json, list, logical(s, f->module, "module"));
	if (json_array_size(list))
		ds_json_set(&s->json, o, "logicalLocations", list);
	else
		json_decref(list);
	if (message)
		ds_json_set(&s->json, o, "message", ds_sarif_message(s, message));
	return o;
}

json_t *ds_sarif_location(struct ds_sarif *s, const struct ds_stack *stack, const char *message)
{
	return frame_location(s, ds_place_frame(stack), message);
}

json_t *ds_sarif_stack(struct ds_sarif *s, const struct ds_stack *stack, const char *message)
{
	json_t *o = json_object(), *frames = json_array();

	for (unsigned i = 0; i < stack->frames; i++) {
		json_t *frame = json_object();

		ds_json_set(&s->json, frame, "location", frame_location(s, &stack->frame[i], NULL));
		ds_json_set(&s->json, frame, "module", ds_json_text(stack->frame[i].module));
		ds_json_append(&s->json, frames, frame);
	}
	ds_json_set(&s->json, o, "message", ds_sarif_message(s, message));
	ds_json_set(&s->json, o, "frames", frames);
	return o;
}
