/* SPDX-License-Identifier: MIT */
#include "report/module_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "report/text.h"

#define MAX_ROOTS 16

static const char *root[MAX_ROOTS];
static unsigned roots;

int ds_module_add_root(const char *dir)
{
	int fd = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	close(fd);
	if (roots == MAX_ROOTS)
		return -ENOSPC;
	root[roots++] = dir;
	return 0;
}

static void note(FILE *notes, const struct ds_frame *f, const char *what)
{
	if (!notes)
		return;
	fputs("no symbols for ", notes);
	ds_text_put(notes, f->module);
	fprintf(notes, ": %s\n", what);
}

static bool has_build_id(Dwfl_Module *mod, const char *want)
{
	const unsigned char *bits = NULL;
	GElf_Addr where;
	int n = dwfl_module_build_id(mod, &bits, &where);
	char text[41] = "";

	for (int i = 0; i < n && i < 20; i++)
		snprintf(text + 2 * i, 3, "%02x", bits[i]);
	return !strcmp(text, want);
}

/* Read one ELF file into the session, at the addresses that the file itself gives. */
static Dwfl_Module *report_file(Dwfl *dwfl, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	Dwfl_Module *mod = NULL;
	struct stat st;

	if (fd < 0)
		return NULL;
	dwfl_report_begin(dwfl);
	if (!fstat(fd, &st) && S_ISREG(st.st_mode))
		/* by its path: of the same name and addresses, it would be the one reported before */
		mod = dwfl_report_elf(dwfl, path, path, fd, 0, true);
	if (!mod)
		close(fd); /* else it belongs to the session */
	dwfl_report_end(dwfl, NULL, NULL);
	return mod;
}

/* NULL and *ret_other: there is a file, but of another build. */
static Dwfl_Module *open_matching(Dwfl *dwfl, const char *path, const struct ds_frame *f,
				  bool *ret_other)
{
	Dwfl_Module *mod = report_file(dwfl, path);

	if (mod && has_build_id(mod, f->build_id))
		return mod;
	*ret_other |= mod != NULL;
	return NULL;
}

static Dwfl_Module *open_itself(Dwfl *dwfl, const char *below, const struct ds_frame *f,
				bool *ret_other)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s%s", below, f->module) >= (int)sizeof(path))
		return NULL;
	return open_matching(dwfl, path, f, ret_other);
}

/* Separate debug information, as distributions lay it out. */
static Dwfl_Module *open_debug(Dwfl *dwfl, const char *below, const struct ds_frame *f,
			       bool *ret_other)
{
	char path[PATH_MAX];

	if (strlen(f->build_id) <= 2 ||
	    snprintf(path, sizeof(path), "%s/usr/lib/debug/.build-id/%.2s/%s.debug", below,
		     f->build_id, f->build_id + 2) >= (int)sizeof(path))
		return NULL;
	return open_matching(dwfl, path, f, ret_other);
}

Dwfl_Module *ds_module_open(Dwfl *dwfl, const struct ds_frame *f, FILE *notes)
{
	Dwfl_Module *mod = NULL;
	bool other = false;

	/* libdw finds the debug information of a file of this machine; of another machine's it does not */
	for (unsigned i = 0; i < roots && !mod; i++) {
		mod = open_debug(dwfl, root[i], f, &other);
		if (!mod)
			mod = open_itself(dwfl, root[i], f, &other);
	}
	if (!mod)
		mod = open_itself(dwfl, "", f, &other);
	if (!mod)
		mod = open_debug(dwfl, "", f, &other);
	if (!mod)
		note(notes, f,
		     other ? "the file is not the one that ran (its build-id differs)"
		     : access(f->module, R_OK) ? strerror(errno)
					       : "not a readable ELF file");
	return mod;
}
