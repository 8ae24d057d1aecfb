/* SPDX-License-Identifier: MIT */
/*
 * Makes run directories.  Everything happens relative to a descriptor of the directory itself, so
 * that nobody who can write to its parent redirects a removal.
 */
#include "cli/rundir.h"

#include "core/shared.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/kernel.h"
#include "report/report.h"

static bool has_suffix(const char *name, const char *suffix)
{
	size_t n = strlen(name), m = strlen(suffix);

	return n > m && !strcmp(name + n - m, suffix);
}

/* A file that a run or its launcher wrote: a trace, or the beginning of one that was never used. */
static bool is_trace(int dir, const char *name)
{
	char magic[sizeof(DS_TRACE_MAGIC) - 1] = "";
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	bool own = false;

	if (fd < 0)
		return false;
	if (has_suffix(name, DS_TRACE_SUFFIX) && !fstat(fd, &st) && S_ISREG(st.st_mode))
		own = !st.st_size || (read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
				      !memcmp(magic, DS_TRACE_MAGIC, sizeof(magic)));
	close(fd);
	return own;
}

/* A report that `run` puts there by itself. */
static bool is_report(int dir, const char *name)
{
	struct stat st;

	if (strncmp(name, "report.", 7) || fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISREG(st.st_mode))
		return false;
	for (const struct ds_report_ops *const *f = ds_report_list(); *f; f++)
		if ((*f)->to_file && !strcmp(name + 7, (*f)->extension))
			return true;
	return false;
}

/* The table by which the processes of a run tell each other of hand-overs. */
static bool is_shared(int dir, const char *name)
{
	struct stat st;

	return !strcmp(name, DS_SHARED_NAME) && !fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) &&
	       S_ISREG(st.st_mode);
}

/* Visit every entry; stops at the first for which `each` returns an error. */
static int visit(int dir, int (*each)(int dir, const char *name))
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	struct dirent *entry;

	if (!list) {
		r = -errno;
		if (copy >= 0)
			close(copy);
		return r;
	}
	while (!r && (errno = 0, entry = readdir(list)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			r = each(dir, entry->d_name);
	if (!r && errno)
		r = -errno;
	closedir(list);
	return r;
}

/* The recording of the kernel's side, and the program that made it. */
static bool is_kernel_file(int dir, const char *name)
{
	char head[sizeof(DS_KERNEL_HEAD) - 1] = "";
	bool lines = !strcmp(name, DS_KERNEL_LINES);
	const char *want = lines ? DS_KERNEL_HEAD : DS_KERNEL_PROGRAM_HEAD;
	struct stat st;
	int fd;
	bool own;

	if (!lines && strcmp(name, DS_KERNEL_PROGRAM))
		return false;
	fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return false;
	own = !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	      (!st.st_size || (read(fd, head, sizeof(head)) == (ssize_t)sizeof(head) &&
			       !memcmp(head, want, sizeof(head))));
	close(fd);
	return own;
}

static int refuse_foreign(int dir, const char *name)
{
	return is_trace(dir, name) || is_report(dir, name) || is_shared(dir, name) ||
			       is_kernel_file(dir, name)
		       ? 0
		       : -ENOTEMPTY;
}

static int remove_own(int dir, const char *name)
{
	return unlinkat(dir, name, 0) ? -errno : 0;
}

static int reuse(int dir)
{
	int r = visit(dir, refuse_foreign);

	return r ? r : visit(dir, remove_own);
}

static bool is_link(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && S_ISLNK(st.st_mode);
}

static int open_path(struct ds_rundir *d, const char *path)
{
	d->made = !mkdir(path, 0700);
	if (!d->made && errno != EEXIST)
		return -errno;
	d->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (d->fd < 0)
		return errno == ENOTDIR && is_link(path) ? -ELOOP : -errno;
	d->path = realpath(path, NULL);
	return d->path ? 0 : -errno;
}

static const char *why(int error)
{
	switch (error) {
	case -ENOTEMPTY: return "it holds files that are not dmasan's";
	case -ENOTDIR: return "there is something else of that name";
	case -ELOOP: return "it is a symbolic link";
	default: return strerror(-error);
	}
}

static int open_wanted(struct ds_rundir *d, const char *wanted)
{
	char *path = strdup(wanted);
	size_t n = strlen(wanted);
	int r = -ENOMEM;

	while (path && n > 1 && path[n - 1] == '/') /* a link with a slash would be followed */
		path[--n] = 0;
	if (path)
		r = open_path(d, path);
	if (!r && !d->made)
		r = reuse(d->fd);
	if (r)
		ds_cli_error(r == -ENOTEMPTY ? "give an empty or new one with -o" : NULL,
			     "cannot use '%s' as run directory: %s", wanted, why(r));
	free(path);
	return r;
}

/* dmasan.<comm>.<pid>, and .2, .3 ... after it when an older run had the same number. */
static int open_default(struct ds_rundir *d, const char *program, pid_t pid)
{
	const char *slash = strrchr(program, '/');
	char comm[16], path[64];
	int r = -EEXIST;

	snprintf(comm, sizeof(comm), "%s", slash ? slash + 1 : program);
	for (char *c = comm; *c; c++)
		if (!isalnum((unsigned char)*c) && !strchr("._-+", *c))
			*c = '_';
	for (int i = 1; i < 100 && (r == -EEXIST || (!r && !d->made)); i++) {
		ds_rundir_close(d);
		snprintf(path, sizeof(path), i > 1 ? "dmasan.%s.%d.%d" : "dmasan.%s.%d", comm,
			 (int)pid, i);
		r = open_path(d, path);
		if (r == -ENOTDIR || r == -ELOOP)
			r = -EEXIST;
	}
	if (!r && !d->made)
		r = -EEXIST;
	if (r)
		ds_cli_error("give another place with -o DIR",
			     "cannot make the run directory '%s': %s", path, strerror(-r));
	return r;
}

int ds_rundir_open(struct ds_rundir *d, const char *wanted, const char *program, pid_t pid)
{
	int r;

	*d = (struct ds_rundir){.fd = -1};
	r = wanted ? open_wanted(d, wanted) : open_default(d, program, pid);
	if (!r && d->path && strchr(d->path, ':')) {
		ds_cli_error("give another with -o DIR",
			     "cannot use '%s' as run directory: DMASAN_OPTIONS cannot carry a ':'",
			     d->path);
		r = -EINVAL;
	}
	if (r)
		ds_rundir_discard(d);
	return r;
}

void ds_rundir_close(struct ds_rundir *d)
{
	if (d->fd >= 0)
		close(d->fd);
	free(d->path);
	*d = (struct ds_rundir){.fd = -1};
}

void ds_rundir_discard(struct ds_rundir *d)
{
	if (d->made && d->path) {
		unlinkat(d->fd, "launcher" DS_TRACE_SUFFIX, 0);
		unlinkat(d->fd, DS_KERNEL_LINES, 0);
		unlinkat(d->fd, DS_KERNEL_PROGRAM, 0);
		rmdir(d->path);
	}
	ds_rundir_close(d);
}

void ds_rundir_remove(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	reuse(fd);
	close(fd);
	rmdir(path);
}

bool ds_rundir_has_traces(const char *path)
{
	DIR *list = opendir(path);
	struct dirent *entry;
	bool any = false;

	while (list && !any && (entry = readdir(list)))
		any = has_suffix(entry->d_name, DS_TRACE_SUFFIX) &&
		      strcmp(entry->d_name, "launcher" DS_TRACE_SUFFIX);
	if (list)
		closedir(list);
	return any;
}
