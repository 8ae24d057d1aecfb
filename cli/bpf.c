/* SPDX-License-Identifier: MIT */
/* Where the bpftrace programs are, and whether bpftrace can run here. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bpf.h"
#include "cli/library.h"

static char *existing(const char *base, const char *middle, const char *name)
{
	char *path;

	if (asprintf(&path, "%s%s/%s", base, middle, name) < 0)
		return NULL;
	if (!access(path, R_OK | X_OK))
		return path;
	free(path);
	return NULL;
}

char *ds_bpf_folder(const char *name)
{
	/* from PREFIX/bin, from build/bin, from build/<variant>/bin */
	static const char *const places[] = {"/../share/dmasan/bpf", "/../../bpf", "/../../../bpf"};
	const char *given = secure_getenv("DMASAN_BPF");
	char self[PATH_MAX], *path = NULL, *slash;
	ssize_t n;

	if (given)
		return existing(given, "", name);
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n < 0)
		return NULL;
	self[n] = '\0';
	slash = strrchr(self, '/');
	if (slash)
		*slash = '\0';
	for (size_t i = 0; !path && i < sizeof(places) / sizeof(places[0]); i++)
		path = existing(self, places[i], name);
	return path;
}

/* Lockdown in its stricter mode keeps BPF from reading kernel memory, which every probe does. */
static int locked_down(void)
{
	char text[128] = "";
	int fd = open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return strstr(text, "[confidentiality]") != NULL;
}

int ds_bpf_program(char **ret, char *why, size_t size)
{
	char *path = ds_program_find("bpftrace");
	const char *reason = NULL;
	int r = 0;

	if (geteuid() != 0) {
		reason = "bpftrace needs root";
		r = -EACCES;
	} else if (!path) {
		reason = "bpftrace is not installed (or not in PATH)";
		r = -ENOENT;
	} else if (locked_down()) {
		reason = "kernel lockdown (confidentiality) forbids probes that read kernel memory";
		r = -EPERM;
	}
	*ret = path;
	if (!r)
		return 0;
	snprintf(why, size, "%s", reason);
	free(path);
	*ret = NULL;
	return r;
}
