/* SPDX-License-Identifier: MIT */
/* A file is written beside its place and renamed when it is complete: nobody sees half of it. */
#include "cli/draft.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_temporary(struct ds_draft *d)
{
	mode_t mask = umask(0);
	int fd;

	umask(mask);
	if (asprintf(&d->temporary, "%s.XXXXXX", d->place) < 0) {
		d->temporary = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(d->temporary, O_CLOEXEC);
	if (fd < 0) {
		free(d->temporary);
		d->temporary = NULL;
		return -errno;
	}
	fchmod(fd, 0666 & ~mask); /* as if it had been created in its place */
	return fd;
}

int ds_draft_open(struct ds_draft *d, const char *path)
{
	struct stat st;
	int fd;

	d->place = realpath(path, NULL); /* through a link to what it names */
	if (!d->place)
		d->place = strdup(path);
	if (!d->place)
		return -ENOMEM;
	if (!stat(d->place, &st) && !S_ISREG(st.st_mode)) {
		fd = open(d->place, O_WRONLY | O_CLOEXEC | O_NOCTTY);
		fd = fd < 0 ? -errno : fd;
	} else {
		fd = open_temporary(d);
	}
	if (fd < 0)
		return fd;
	d->out = fdopen(fd, "w");
	if (!d->out) {
		close(fd);
		return -ENOMEM;
	}
	return 0;
}

int ds_draft_finish(struct ds_draft *d, int error)
{
	if (d->out) {
		bool bad = fflush(d->out) || ferror(d->out);

		if (bad && !error)
			error = errno ? -errno : -EIO;
		if (fclose(d->out) && !error)
			error = -errno;
	}
	if (!error && d->temporary && rename(d->temporary, d->place))
		error = -errno;
	if (error && d->temporary)
		unlink(d->temporary);
	free(d->temporary);
	free(d->place);
	return error;
}
