/* SPDX-License-Identifier: MIT */
/* DRM cards by what they are. */
#include "card.h"

#include <drm.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { CARDS = 16 };

bool card_is(int card, const char *driver)
{
	char name[32] = "";
	struct drm_version v = {.name = name, .name_len = sizeof(name) - 1};

	return ioctl(card, DRM_IOCTL_VERSION, &v) == 0 && (!driver || !strcmp(name, driver));
}

int card_open(bool (*fits)(int card, void *arg), void *arg)
{
	char path[32];
	int fd;

	for (int i = 0; i < CARDS; i++) {
		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && fits(fd, arg))
			return fd;
		if (fd >= 0)
			close(fd);
	}
	return -1;
}
