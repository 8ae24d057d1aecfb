/* SPDX-License-Identifier: MIT */
/* Appends to the step summary: other commands of the same step write to the same file. */
#include "cli/step_summary.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cli.h"
#include "report/summary.h"

#define MAX_BYTES (1u << 20) /* of the whole file; a larger one is not shown at all */

/* How much of the limit is left in the file. */
static size_t room_in(int fd)
{
	struct stat st;

	if (fstat(fd, &st) || st.st_size < 0)
		return 0;
	return st.st_size < MAX_BYTES ? MAX_BYTES - (size_t)st.st_size : 0;
}

static int write_all(int fd, const char *text, size_t size)
{
	while (size) {
		ssize_t n = write(fd, text, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		text += n;
		size -= (size_t)n;
	}
	return 0;
}

static int append(int fd, const struct ds_run *run, const struct ds_report_options *options)
{
	char *text = NULL;
	size_t size = 0;
	int r = ds_report_summary(&text, &size, room_in(fd), run, options);

	if (!r)
		r = write_all(fd, text, size);
	free(text);
	return r;
}

int ds_step_summary_append(const struct ds_run *run, const struct ds_report_options *options)
{
	const char *path = getenv("GITHUB_STEP_SUMMARY");
	int fd, r;

	if (!path || !*path)
		return 0;
	fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
	r = fd < 0 ? -errno : append(fd, run, options);
	if (fd >= 0 && close(fd) && !r)
		r = -errno;
	if (!r)
		return 0;
	ds_cli_error(NULL, "cannot append to the step summary '%s': %s", path, strerror(-r));
	return DS_EXIT_FAILURE;
}
