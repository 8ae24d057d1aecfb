/* SPDX-License-Identifier: MIT */
/* Finds the library and the program, and sees from its ELF header whether it can preload. */
#include "cli/library.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/cli.h"

#define LIBRARY "libdmasan.so"

/* The library relative to bin/dmasan, in place and installed. */
static char *beside_command(void)
{
	static const char *const places[] = {"../lib/" LIBRARY, "../lib/dmasan/" LIBRARY};
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n < 0)
		return NULL;
	self[n] = 0;
	slash = strrchr(self, '/');
	if (!slash)
		return NULL;
	slash[1] = 0;
	for (unsigned i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", self, places[i]);
		if (!access(path, R_OK))
			return realpath(path, NULL);
	}
	errno = ENOENT;
	return NULL;
}

char *ds_library_find(void)
{
	const char *given = getenv("DMASAN_LIBRARY");
	char *path = given && *given ? realpath(given, NULL) : beside_command();

	if (!path) {
		ds_cli_error("name it with DMASAN_LIBRARY=PATH", "cannot find %s%s%s: %s", LIBRARY,
			     given && *given ? " at " : "", given && *given ? given : "",
			     strerror(errno));
		return NULL;
	}
	if (strpbrk(path, ": \t\n")) {
		ds_cli_error("move it",
			     "cannot preload '%s': LD_PRELOAD takes no spaces and colons", path);
		free(path);
		return NULL;
	}
	return path;
}

static int runnable(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? EISDIR : EACCES;
	return access(path, X_OK) ? errno : 0;
}

static char *search_path(const char *name)
{
	const char *list = getenv("PATH");
	int error = ENOENT;

	for (list = list ? list : "/usr/local/bin:/bin:/usr/bin"; list;) {
		size_t n = strcspn(list, ":");
		char *path = NULL;
		int e;

		if (asprintf(&path, "%.*s%s%s", (int)n, list, n ? "/" : "", name) < 0) {
			errno = ENOMEM;
			return NULL;
		}
		e = runnable(path);
		if (!e)
			return path;
		free(path);
		if (e == EACCES)
			error = e;
		list = list[n] ? list + n + 1 : NULL;
	}
	errno = error;
	return NULL;
}

char *ds_program_find(const char *name)
{
	int e;

	if (!*name || !strchr(name, '/'))
		return *name ? search_path(name) : (errno = ENOENT, NULL);
	e = runnable(name);
	if (!e)
		return strdup(name);
	errno = e;
	return NULL;
}

static bool has_interpreter(int fd, const ElfW(Ehdr) * h)
{
	for (unsigned i = 0; i < h->e_phnum; i++) {
		ElfW(Phdr) ph;
		off_t at = (off_t)(h->e_phoff + (size_t)i * sizeof(ph));

		if (pread(fd, &ph, sizeof(ph), at) != (ssize_t)sizeof(ph))
			return true; /* not ours to judge */
		if (ph.p_type == PT_INTERP)
			return true;
	}
	return false;
}

static bool own_machine(const ElfW(Ehdr) * h)
{
	ElfW(Ehdr) self = {0};
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, &self, sizeof(self));

	if (fd >= 0)
		close(fd);
	return n != (ssize_t)sizeof(self) ||
	       (self.e_ident[EI_CLASS] == h->e_ident[EI_CLASS] &&
		self.e_ident[EI_DATA] == h->e_ident[EI_DATA] && self.e_machine == h->e_machine);
}

const char *ds_program_obstacle(const char *path)
{
	const char *obstacle = NULL;
	ElfW(Ehdr) h = {0};
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool elf;

	if (fd < 0)
		return NULL;
	elf = read(fd, &h, sizeof(h)) == (ssize_t)sizeof(h) && !memcmp(h.e_ident, ELFMAG, SELFMAG);
	if (elf && !own_machine(&h))
		obstacle = "it is a program for another architecture";
	else if (elf && !has_interpreter(fd, &h))
		obstacle = "it is statically linked";
	else if (!fstat(fd, &st) && geteuid() && st.st_mode & (S_ISUID | S_ISGID))
		obstacle = "it is set-user-id or set-group-id";
	else if (geteuid() && fgetxattr(fd, "security.capability", NULL, 0) > 0)
		obstacle = "it has file capabilities";
	close(fd);
	return obstacle;
}
