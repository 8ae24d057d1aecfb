/* SPDX-License-Identifier: MIT */
/* Feeds files to a target: replay FILE|DIRECTORY... */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

static int replay(const char *path)
{
	static uint8_t data[4 << 20];
	FILE *f = fopen(path, "rb");
	size_t n;
	uint8_t *exact;

	if (!f)
		return 0;
	n = fread(data, 1, sizeof(data), f);
	fclose(f);
	exact = malloc(n ? n : 1); /* a read beyond the end is seen */
	if (!exact)
		exit(1);
	memcpy(exact, data, n);
	LLVMFuzzerTestOneInput(exact, n);
	free(exact);
	return 1;
}

static int replay_all(const char *path)
{
	char name[4096];
	struct dirent *e;
	struct stat st;
	int n = 0;
	DIR *d;

	if (stat(path, &st) || !S_ISDIR(st.st_mode))
		return replay(path);
	d = opendir(path);
	while (d && (e = readdir(d))) {
		if (*e->d_name == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, e->d_name);
		n += replay(name);
	}
	if (d)
		closedir(d);
	return n;
}

int main(int argc, char **argv)
{
	int n = 0;

	for (int i = 1; i < argc; i++)
		n += replay_all(argv[i]);
	printf("%d inputs\n", n);
	return n ? 0 : 1;
}
