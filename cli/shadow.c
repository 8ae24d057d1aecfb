/* SPDX-License-Identifier: MIT */
/* Makes and removes the directory of a run's shadows; says where emulation would not be honest. */
#include "cli/shadow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/library.h"

const char *ds_launch_seed(const struct ds_launch *l)
{
	return l->seed ? l->seed : "1";
}

int ds_shadow_begin(struct ds_launch *l, const char *program)
{
	const char *obstacle = ds_program_obstacle(program);

	if (obstacle) {
		ds_cli_error("leave out --coherency",
			     "cannot show '%s' another machine: it would not load libdmasan.so: %s",
			     program, obstacle);
		return DS_EXIT_FAILURE;
	}
	if (sysconf(_SC_PAGESIZE) != 4096) {
		ds_cli_error("leave out --coherency",
			     "cannot show another machine: pages are not of 4 KiB");
		return DS_EXIT_FAILURE;
	}
	snprintf(l->shadow, sizeof(l->shadow), "/dev/shm/dmasan.XXXXXX");
	if (mkdtemp(l->shadow))
		return 0;
	ds_cli_error("mount a tmpfs there",
		     "cannot show another machine: no shared memory in /dev/shm: %s",
		     strerror(errno));
	*l->shadow = 0;
	return DS_EXIT_FAILURE;
}

void ds_shadow_end(struct ds_launch *l)
{
	DIR *dir = *l->shadow ? opendir(l->shadow) : NULL;
	int folder = dir ? dirfd(dir) : -1;
	struct dirent *entry;

	if (!dir)
		return;
	while (folder >= 0 && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			unlinkat(folder, entry->d_name, 0);
	closedir(dir);
	rmdir(l->shadow);
	*l->shadow = 0;
}
