/* SPDX-License-Identifier: MIT */
/*
 * Symbols by libdw.  Frames are sorted by module, so that each file is opened once and only one is
 * open at a time, however many modules a run names.
 */
#include "report/symbolize.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <elfutils/libdwfl.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/module_file.h"

/* A frame to resolve, and the address that names its line. */
struct item {
	struct ds_frame *frame;
	uint64_t pc;
};

struct items {
	struct item *at;
	size_t used;
};

static const Dwfl_Callbacks callbacks = {
	.find_elf = dwfl_build_id_find_elf,
	.find_debuginfo = dwfl_standard_find_debuginfo,
	.section_address = dwfl_offline_section_address,
};

static void add_site(struct items *list, const struct ds_site *site)
{
	/* a trapped instruction is the place itself; all else is where a call returns to */
	bool exact = site->what && !strcmp(site->what, "instruction");

	for (unsigned i = 0; i < site->stack.frames; i++) {
		struct ds_frame *f = &site->stack.frame[i];

		if (f->function || f->file || f->module[0] != '/')
			continue;
		list->at[list->used++] =
			(struct item){f, f->offset - (f->offset && !(exact && i == 0))};
	}
}

static int collect(struct ds_site *const *site, size_t n, struct items *ret)
{
	size_t room = 1;

	for (size_t i = 0; i < n; i++)
		room += site[i]->stack.frames;
	ret->used = 0;
	ret->at = calloc(room, sizeof(*ret->at));
	if (!ret->at)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		add_site(ret, site[i]);
	return 0;
}

static int same_module(const struct ds_frame *a, const struct ds_frame *b)
{
	int order = strcmp(a->module, b->module);

	return order ? order : strcmp(a->build_id, b->build_id);
}

static int by_module(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int order = same_module(x->frame, y->frame);

	return order ? order : (x->pc > y->pc) - (x->pc < y->pc);
}

static const char *die_name(Dwarf_Die *die)
{
	Dwarf_Attribute attr;
	const char *name = NULL;

	if (dwarf_attr_integrate(die, DW_AT_linkage_name, &attr) ||
	    dwarf_attr_integrate(die, DW_AT_MIPS_linkage_name, &attr))
		name = dwarf_formstring(&attr);
	return name ? name : dwarf_diename(die);
}

/* The innermost function that debug information names, inlined or not; NULL without. */
static char *name_by_dwarf(Dwfl_Module *mod, uint64_t pc)
{
	Dwarf_Addr bias = 0;
	Dwarf_Die *unit = dwfl_module_addrdie(mod, pc, &bias), *scope = NULL;
	int n = unit ? dwarf_getscopes(unit, pc - bias, &scope) : 0;
	char *name = NULL;

	for (int i = 0; i < n && !name; i++) {
		int tag = dwarf_tag(&scope[i]);
		const char *s = NULL;

		if (tag == DW_TAG_inlined_subroutine || tag == DW_TAG_subprogram)
			s = die_name(&scope[i]);
		if (s && *s)
			name = ds_symbol_demangle(s);
	}
	free(scope);
	return name;
}

/*
 * The symbol that covers pc.  A stripped file's nearest exported symbol may be far away and another
 * function: only one whose size covers pc counts.
 */
static char *name_by_symbol(Dwfl_Module *mod, uint64_t pc)
{
	GElf_Off offset;
	GElf_Sym sym;
	const char *s = dwfl_module_addrinfo(mod, pc, &offset, &sym, NULL, NULL, NULL);

	if (!s || !*s || offset >= sym.st_size)
		return NULL;
	return ds_symbol_demangle(s);
}

static void resolve(Dwfl_Module *mod, struct item *item)
{
	Dwfl_Line *line = dwfl_module_getsrc(mod, item->pc);
	const char *file = NULL;
	int number = 0;

	item->frame->function = name_by_dwarf(mod, item->pc);
	if (!item->frame->function)
		item->frame->function = name_by_symbol(mod, item->pc);
	if (line)
		file = dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL);
	if (file && number > 0) {
		const char *dir = *file == '/' ? NULL : dwfl_line_comp_dir(line);

		item->frame->file = strdup(file);
		item->frame->built_in = dir ? strdup(dir) : NULL;
		item->frame->line = (unsigned)number;
	}
}

static void copy_names(struct ds_frame *to, const struct ds_frame *from)
{
	to->function = from->function ? strdup(from->function) : NULL;
	to->file = from->file ? strdup(from->file) : NULL;
	to->built_in = from->built_in ? strdup(from->built_in) : NULL;
	to->line = from->line;
}

/* Frames [first, first + n) lie in one module. */
static void resolve_module(struct item *first, size_t n, FILE *notes)
{
	Dwfl *dwfl = dwfl_begin(&callbacks);
	Dwfl_Module *mod = dwfl ? ds_module_open(dwfl, first->frame, notes) : NULL;

	for (size_t i = 0; mod && i < n; i++) {
		if (i && first[i].pc == first[i - 1].pc)
			copy_names(first[i].frame, first[i - 1].frame);
		else
			resolve(mod, &first[i]);
	}
	if (dwfl)
		dwfl_end(dwfl);
}

int ds_symbols_resolve_sites(struct ds_site *const *site, size_t n, FILE *notes)
{
	struct items list;
	size_t end;
	int r = collect(site, n, &list);

	if (r)
		return r;
	qsort(list.at, list.used, sizeof(*list.at), by_module);
	for (size_t i = 0; i < list.used; i = end) {
		end = i + 1;
		while (end < list.used && !same_module(list.at[i].frame, list.at[end].frame))
			end++;
		resolve_module(&list.at[i], end - i, notes);
	}
	free(list.at);
	return 0;
}

int ds_symbols_resolve(struct ds_run *run, FILE *notes)
{
	struct ds_site **site = calloc(2 * run->findings + 1u, sizeof(*site));
	int r;

	if (!site)
		return -ENOMEM;
	for (unsigned i = 0; i < run->findings; i++) {
		site[2 * i] = &run->finding[i]->access;
		site[2 * i + 1] = &run->finding[i]->prior;
	}
	r = ds_symbols_resolve_sites(site, 2 * run->findings, notes);
	free(site);
	return r;
}
