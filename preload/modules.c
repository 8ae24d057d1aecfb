/* SPDX-License-Identifier: MIT */
/*
 * Which file lies where in memory, so that raw addresses can be named after the program has ended.
 *
 * Called when a stack is seen for the first time, also from the trap handler: dl_iterate_phdr takes
 * the loader's recursive lock (libunwind does the same); nothing here allocates.
 */
#include <elf.h>
#include <link.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/text.h"

#define MAX_MODULES 2048

struct known {
	uintptr_t bias;
	uint64_t name_hash;
};

static struct known known[MAX_MODULES];
static uint32_t knowns;
static unsigned long long seen_adds;
static _Atomic int busy;
static _Atomic bool said_namespaces;
/* the loader's, by its longer type, which it has when r_version is above 1 */
extern const struct r_debug_extended spaces __asm__("_r_debug");

struct range {
	uintptr_t start, end;
	const uint8_t *build_id;
	uint32_t build_id_len;
};

/* The build-id note (.note.gnu.build-id); notes are read from the loaded image. */
static void find_build_id(struct range *r, uintptr_t note, size_t size)
{
	size_t at = 0;

	while (at + sizeof(ElfW(Nhdr)) <= size) {
		const ElfW(Nhdr) *n = (const void *)(note + at);
		size_t name = (n->n_namesz + 3u) & ~3u, desc = (n->n_descsz + 3u) & ~3u;
		const char *text = (const char *)(n + 1);

		if (name + desc + sizeof(*n) > size - at)
			return;
		if (n->n_type == NT_GNU_BUILD_ID && n->n_namesz == 4 && !memcmp(text, "GNU", 4)) {
			r->build_id = (const uint8_t *)text + name;
			r->build_id_len = n->n_descsz < 20 ? n->n_descsz : 20;
			return;
		}
		at += sizeof(*n) + name + desc;
	}
}

static struct range measure(const struct dl_phdr_info *info)
{
	struct range r = {UINTPTR_MAX, 0, NULL, 0};

	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type == PT_LOAD) {
			r.start = at < r.start ? at : r.start;
			r.end = at + ph->p_memsz > r.end ? at + ph->p_memsz : r.end;
		} else if (ph->p_type == PT_NOTE && !r.build_id) {
			find_build_id(&r, at, ph->p_memsz);
		}
	}
	return r;
}

static bool is_known(const struct dl_phdr_info *info)
{
	uint64_t hash = 5381;

	for (const char *p = info->dlpi_name; *p; p++)
		hash = hash * 33 + (unsigned char)*p;
	for (uint32_t i = knowns; i-- > 0;)
		if (known[i].bias == info->dlpi_addr)
			if (known[i].name_hash == hash)
				return true;
	if (knowns < MAX_MODULES)
		known[knowns++] = (struct known){info->dlpi_addr, hash};
	return false;
}

static uint32_t path_of(const struct dl_phdr_info *info)
{
	char path[512];
	long n;

	if (*info->dlpi_name)
		return ds_text_copy(info->dlpi_name);
	n = DS_SYS(readlinkat, AT_FDCWD, "/proc/self/exe", path, sizeof(path) - 1);
	path[n > 0 ? n : 0] = 0;
	return ds_text_copy(path);
}

static int write_module(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct ds_event id = {.type = DS_EV_BUILD_ID};
	struct range r;
	uint64_t words[3] = {0};

	(void)size;
	(void)arg;
	if (is_known(info))
		return 0;
	r = measure(info);
	if (r.start >= r.end)
		return 0;
	ds_emit((struct ds_event){.type = DS_EV_MODULE,
				  .a = r.start,
				  .b = r.end,
				  .c = info->dlpi_addr,
				  .d = path_of(info)});
	if (!r.build_id)
		return 0;
	memcpy(words, r.build_id, r.build_id_len);
	id.a = r.build_id_len;
	id.b = words[0];
	id.c = words[1];
	id.d = words[2];
	ds_emit(id);
	return 0;
}

static int count_adds(struct dl_phdr_info *info, size_t size, void *arg)
{
	(void)size;
	*(unsigned long long *)arg = info->dlpi_adds;
	return 1;
}

void ds_modules_update(void)
{
	unsigned long long adds = 0;
	uint64_t mask;

	if (atomic_load(&busy))
		return;
	mask = ds_sys_shut(); /* the loader's lock is meant, too */
	if (!atomic_exchange(&busy, 1)) {
		dl_iterate_phdr(count_adds, &adds);
		if (adds != seen_adds) {
			seen_adds = adds;
			dl_iterate_phdr(write_module, NULL);
		}
		atomic_store(&busy, 0);
	}
	ds_sys_reopen(mask);
	ds_modules_note_namespaces();
}

/*
 * dlmopen(3): what is loaded into a name space of its own has a libc of its own, whose calls do not
 * come here.  The loader lists the name spaces for debuggers (glibc 2.35 and later).
 */
void ds_modules_note_namespaces(void)
{
	if (spaces.base.r_version > 1 && spaces.r_next && !atomic_exchange(&said_namespaces, true))
		ds_note_missed(DS_MISSED_NAMESPACE, 0);
}

void ds_modules_reset(void)
{
	atomic_store(&said_namespaces, false);
	knowns = 0;
	seen_adds = 0;
	atomic_store(&busy, 0);
}
