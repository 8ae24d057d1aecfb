/* SPDX-License-Identifier: MIT */
/* Suppression files: findings that somebody has looked at and accepts (docs/suppressions.md). */
#ifndef DS_CORE_SUPPRESS_H
#define DS_CORE_SUPPRESS_H

#include "core/run.h"
#include "core/textfile.h"

struct ds_suppression {
	struct ds_excuse excuse;
	unsigned hits; /* findings that it took out */
		       /* what the file says, NULL = nothing */
#define KEY(name, field, level) char *field;
#include "core/suppress.def"
#undef KEY
	char *label; /* the name between the brackets */
};

struct ds_suppressions {
	struct ds_suppression **entry;
	unsigned entries;
	char **path; /* of the files, for messages */
	unsigned paths;
};

/*
 * Add the entries of a file.  With `reasons` an entry without a reason is an error.  0, or -errno
 * with *err saying what is wrong in which line.
 */
int ds_suppressions_read(struct ds_suppressions *list, const char *path, bool reasons,
			 struct ds_file_error *err);
void ds_suppressions_finish(struct ds_suppressions *list);

/*
 * Take the findings that an entry matches out of the run, and list the entries that match nothing.
 * The run refers to `list` from then on.  0 or -ENOMEM.
 */
int ds_suppressions_apply(struct ds_suppressions *list, struct ds_run *run);

/* Does this entry cover that finding? */
bool ds_suppression_matches(const struct ds_suppression *s, const struct ds_run *run,
			    const struct ds_finding *f);

/* Does `text` match `pattern`, where * is any text, ? any byte, and \ takes away their meaning? */
bool ds_glob(const char *pattern, const char *text);

/*
 * Move the findings for which `excuse_of` names one from run->finding to run->suppressed, in
 * order.  0 or -ENOMEM (nothing is moved).
 */
int ds_run_excuse(struct ds_run *run,
		  const struct ds_excuse *(*excuse_of)(void *ctx, const struct ds_run *run,
						       const struct ds_finding *f),
		  void *ctx);

#endif
