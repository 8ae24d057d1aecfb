/* SPDX-License-Identifier: MIT */
/* Looks at a program's file before it is started: what cannot preload is named in the report. */
#include "preload/program.h"

#include <elf.h>
#include <errno.h>
#include <link.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "preload/hooks.h"
#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/trap.h"

#define OWN_CLASS     (sizeof(void *) == 8 ? ELFCLASS64 : ELFCLASS32)
#define MAX_HEADERS   64
#define MAX_SCRIPTS   5 /* interpreters of interpreters, as the kernel has it */
#define KEPT	      UINT32_MAX
#define BEING_WRITTEN DS_UNTRACED_KINDS

#if defined(__x86_64__)
#define OWN_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define OWN_MACHINE EM_AARCH64
#else
#define OWN_MACHINE EM_NONE
#endif

/* From the child of a vfork, which shares our memory but not the descriptor of the trace. */
static struct {
	_Atomic unsigned why;
	char path[256];
} kept;

/* ---- what the file says ---- */

static bool has_interpreter(int fd, const ElfW(Ehdr) * h)
{
	for (unsigned i = 0; i < h->e_phnum && i < MAX_HEADERS; i++) {
		ElfW(Phdr) ph;

		if (DS_SYS(pread64, fd, &ph, sizeof(ph), h->e_phoff + i * sizeof(ph)) !=
		    (long)sizeof(ph))
			return true; /* not ours to judge */
		if (ph.p_type == PT_INTERP)
			return true;
	}
	return false;
}

/* The loader has no interpreter either, but preloads. */
static bool is_loader(const char *path)
{
	const char *name = strrchr(path, '/');

	name = name ? name + 1 : path;
	return !strncmp(name, "ld-", 3) || !strncmp(name, "ld.so", 5);
}

/* Will the process be AT_SECURE?  Rights that the file gives, where mount and process allow it. */
static bool gives_rights(int fd, const struct stat *st)
{
	struct statfs fs;
	long uid = DS_SYS(getuid);
	bool setuid = (st->st_mode & S_ISUID) && st->st_uid != (uid_t)uid;
	bool setgid = (st->st_mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) &&
		      st->st_gid != (gid_t)DS_SYS(getgid);
	bool capable = uid && DS_SYS(fgetxattr, fd, "security.capability", NULL, 0) > 0;

	if (!setuid && !setgid && !capable)
		return false;
	if (DS_SYS(prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1)
		return false;
	return DS_SYS(fstatfs, fd, &fs) || !(fs.f_flags & ST_NOSUID);
}

/* A bad pointer is the kernel's to refuse: what lies behind it is asked for page by page. */
static bool readable_text(const char *text)
{
	if (!ds_readable(text, 1))
		return false;
	for (; *text; text++)
		if (!((uintptr_t)(text + 1) & 4095) && !ds_readable(text + 1, 1))
			return false;
	return true;
}

static bool preloads(char *const *env)
{
	for (; env && ds_readable(env, sizeof(*env)) && *env; env++)
		if (readable_text(*env) && !strncmp(*env, "LD_PRELOAD=", 11) &&
		    strstr(*env, "libdmasan.so"))
			return true;
	return false;
}

/* enum ds_untraced of an ELF program, 0 = it will load us. */
static unsigned obstacle(int fd, const ElfW(Ehdr) * h, const struct stat *st, const char *path,
			 char *const *env)
{
	if (h->e_ident[EI_CLASS] != OWN_CLASS ||
	    (OWN_MACHINE != EM_NONE && h->e_machine != OWN_MACHINE))
		return DS_UNTRACED_MACHINE;
	if (!has_interpreter(fd, h) && !is_loader(path))
		return DS_UNTRACED_STATIC;
	if (gives_rights(fd, st))
		return DS_UNTRACED_SETUID;
	return preloads(env) ? 0 : DS_UNTRACED_ENVIRONMENT;
}

union head {
	ElfW(Ehdr) elf;
	char text[256];
};

/* The interpreter that a script names in its first line, in place; NULL = no script. */
static char *interpreter(union head *head, long n)
{
	char *at = head->text + 2;

	if (n < 4 || n >= (long)sizeof(head->text) || head->text[0] != '#' || head->text[1] != '!')
		return NULL;
	head->text[n] = 0;
	while (*at == ' ' || *at == '\t')
		at++;
	at[strcspn(at, " \t\r\n")] = 0;
	return *at ? at : NULL;
}

/*
 * Descriptor of a program's file, -ENOENT when there is none.  A pipe or a device is not even opened:
 * that could wake somebody, or wait.  A file that may be run but not read is opened as a place only.
 */
static int open_program(int dir, const char *path, struct stat *st)
{
	const int flags = O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	long fd;

	if (DS_SYS(newfstatat, dir, path, st, 0) || !S_ISREG(st->st_mode) || !(st->st_mode & 0111))
		return -ENOENT;
	fd = DS_SYS(openat, dir, path, O_RDONLY | flags, 0);
	return (int)(fd == -EACCES ? DS_SYS(openat, dir, path, O_PATH | flags, 0) : fd);
}

/* ---- what is recorded ---- */

static void keep(unsigned why, const char *path)
{
	unsigned none = 0;
	char *at = kept.path;

	if (!atomic_compare_exchange_strong(&kept.why, &none, BEING_WRITTEN))
		return;
	ds_put_text(&at, kept.path + sizeof(kept.path), path);
	atomic_store(&kept.why, why);
}

/* A token: where its name stands in the trace. */
static uint32_t record(unsigned why, const char *path)
{
	uint32_t name;

	if (!ds_own_process() && !ds_recorder_within_reach()) {
		keep(why, path);
		return KEPT;
	}
	name = ds_text_copy(path);
	ds_emit((struct ds_event){.type = DS_EV_UNTRACED, .a = why, .d = name});
	return name;
}

void ds_program_settle(void)
{
	unsigned why = atomic_load(&kept.why);

	if (!why || why == BEING_WRITTEN)
		return;
	record(why, kept.path);
	atomic_store(&kept.why, 0);
}

void ds_program_failed(uint32_t token)
{
	if (token == KEPT)
		atomic_store(&kept.why, 0);
	else if (token)
		ds_emit((struct ds_event){
			.type = DS_EV_UNTRACED, .a = DS_UNTRACED_NOT_STARTED, .d = token});
}

/* ---- what is called ---- */

/* False: there is no program to start at this place. */
static bool look(int dir, const char *path, char *const *env, uint32_t *ret)
{
	union head head;
	char *script = NULL;

	for (unsigned i = 0; i < MAX_SCRIPTS; i++, dir = AT_FDCWD) {
		struct stat st;
		unsigned why = 0;
		int fd = open_program(dir, script ? script : path, &st);
		long n;

		if (fd < 0)
			return i > 0;
		n = ds_sys_read(fd, &head, sizeof(head) - 1);
		if (n >= (long)sizeof(head.elf) && !memcmp(head.elf.e_ident, ELFMAG, SELFMAG))
			why = obstacle(fd, &head.elf, &st, path, env);
		else if (n < 0 && gives_rights(fd, &st))
			why = DS_UNTRACED_SETUID;
		ds_sys_close(fd);
		if (why)
			*ret = record(why, path);
		script = interpreter(&head, n);
		if (why || !script)
			break;
	}
	return true;
}

/* What was left by the child of a vfork goes first. */
static void settle(void)
{
	if (atomic_load_explicit(&kept.why, memory_order_relaxed) && ds_own_process())
		ds_program_settle();
}

uint32_t ds_program_check(int dir, const char *path, char *const *env)
{
	char link[48] = "/proc/self/fd/", *at = link + strlen(link);
	uint32_t token = 0;

	settle();
	if (dir != AT_FDCWD && path && !*path) { /* AT_EMPTY_PATH */
		ds_put_number(&at, link + sizeof(link), (uint64_t)dir);
		path = link;
	}
	look(dir, path, env, &token);
	return token;
}

uint32_t ds_program_check_name(const char *name, char *const *env)
{
	const char *list = getenv("PATH");
	uint32_t token = 0;

	if (!*name || strchr(name, '/'))
		return ds_program_check(AT_FDCWD, name, env);
	settle();
	for (list = list ? list : "/bin:/usr/bin"; list;) {
		size_t n = strcspn(list, ":");
		char path[512], *at = path;

		if (n + strlen(name) < sizeof(path) - 2) {
			memcpy(at, list, n);
			at += n;
			ds_put_text(&at, path + sizeof(path), n ? "/" : "");
			ds_put_text(&at, path + sizeof(path), name);
			if (look(AT_FDCWD, path, env, &token))
				break;
		}
		list = list[n] ? list + n + 1 : NULL;
	}
	return token;
}
