/* SPDX-License-Identifier: MIT */
/*
 * Tokens: the same defect has the same token on another machine, in another run, and after a
 * rebuild that does not touch its functions.
 */
#include <stdio.h>
#include <string.h>

#include "core/analyze.h"
#include "core/hash.h"

#define TOKEN_FRAMES 12

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* libc's frames move with every security update; its module says enough */
static bool is_libc(const char *module)
{
	return !strncmp(module, "libc.so", 7) || !strncmp(module, "libc-2.", 7) ||
	       !strncmp(module, "ld-linux", 8);
}

bool ds_frame_in_libc(const struct ds_frame *f)
{
	return is_libc(base_name(f->module));
}

static uint64_t hash_stack(uint64_t h, const struct ds_stack *stack)
{
	for (unsigned i = 0; i < stack->frames && i < TOKEN_FRAMES; i++) {
		const struct ds_frame *f = &stack->frame[i];
		const char *module = base_name(f->module);

		if (is_libc(module) && i)
			continue; /* below: start-up code, callbacks of qsort and the like */
		h = ds_hash_text(h, module);
		if (is_libc(module))
			continue;
		if (f->function)
			h = ds_hash_text(h, f->function);
		else if (*module) /* code without a module lies elsewhere in every run */
			h = ds_hash_u64(h, f->offset);
		if (f->function && !strcmp(f->function, "main"))
			break;
	}
	return h;
}

/* What names a buffer in every run: a queue's index and plane, else only its kind. */
static uint64_t hash_buffer(uint64_t h, const struct ds_run_buffer *b)
{
	h = ds_hash_u64(h, b->kind == DS_KIND_V4L2);
	if (b->kind != DS_KIND_V4L2)
		return h;
	h = ds_hash_u64(h, DS_IDENTITY_TYPE(b->identity));
	h = ds_hash_u64(h, DS_IDENTITY_PLANE(b->identity));
	return ds_hash_u64(h, DS_IDENTITY_INDEX(b->identity));
}

static void set_token(const struct ds_run *run, struct ds_finding *f)
{
	const char *id = ds_rule(f->rule)->id;
	uint64_t h = ds_hash_text(DS_HASH_INIT, id);

	h = hash_buffer(h, &run->buffer[f->buffer]);
	h = ds_hash_text(h, f->op);
	h = hash_stack(h, &f->access.stack);
	h = hash_stack(h, &f->prior.stack);
	snprintf(f->token, sizeof(f->token), "%.5s-%012llx", id,
		 (unsigned long long)(h ^ h >> 48) & 0xffffffffffffull);
}

void ds_finding_absorb(struct ds_finding *into, const struct ds_finding *from)
{
	into->count += from->count;
	into->also |= from->also;
	ds_consequence_absorb(&into->consequence, &from->consequence);
	into->latent = into->latent && from->latent;
	if (from->severity > into->severity)
		into->severity = from->severity;
}

void ds_run_tokens(struct ds_run *run)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < run->findings; i++) {
		struct ds_finding *f = run->finding[i];
		unsigned k = 0;

		set_token(run, f);
		while (k < kept && strcmp(run->finding[k]->token, f->token))
			k++;
		if (k < kept) {
			if (f->first_ns < run->finding[k]->first_ns)
				run->finding[k]->first_ns = f->first_ns;
			ds_finding_absorb(run->finding[k], f);
			ds_finding_destroy(f);
		} else {
			run->finding[kept++] = f;
		}
	}
	run->findings = kept;
}
