/* SPDX-License-Identifier: MIT */
/*
 * What stands in a file of raw frames.
 *
 *   frames FILE BYTESxROWS...		"N frames, D distinct, T torn": torn = rows of a plane differ
 *   frames --diff FILE WANTED BYTES	of each frame of BYTES: how many lines of 64 bytes differ
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLANES = 4, FRAMES = 1024, LINE = 64 };

static uint8_t *whole(const char *path, size_t *ret_size)
{
	FILE *f = fopen(path, "rb");
	long n = f && !fseek(f, 0, SEEK_END) ? ftell(f) : -1;
	uint8_t *data = n < 0 || fseek(f, 0, SEEK_SET) ? NULL : malloc((size_t)n + 1);

	if (!data) {
		perror(path);
		exit(2);
	}
	*ret_size = fread(data, 1, (size_t)n, f);
	fclose(f);
	return data;
}

static int diff(const char *path, const char *wanted, size_t frame)
{
	size_t n, m;
	uint8_t *a = whole(path, &n), *b = whole(wanted, &m);

	for (size_t at = 0; frame && at + frame <= n && at + frame <= m; at += frame) {
		unsigned lines = 0;

		for (size_t i = 0; i < frame; i += LINE)
			lines += memcmp(a + at + i, b + at + i,
					frame - i < LINE ? frame - i : LINE) != 0;
		printf("%u\n", lines);
	}
	free(a);
	free(b);
	return 0;
}

static int torn(const uint8_t *frame, const size_t bytes[PLANES], const size_t rows[PLANES],
		int planes)
{
	for (int p = 0; p < planes; frame += bytes[p] * rows[p], p++)
		for (size_t r = 1; r < rows[p]; r++)
			if (memcmp(frame, frame + r * bytes[p], bytes[p]))
				return 1;
	return 0;
}

int main(int argc, char **argv)
{
	size_t bytes[PLANES], rows[PLANES], frame = 0, size;
	unsigned frames = 0, distinct = 0, bad = 0;
	int planes = 0;
	uint8_t *data;

	if (argc == 5 && !strcmp(argv[1], "--diff"))
		return diff(argv[2], argv[3], strtoul(argv[4], NULL, 10));
	for (int i = 2; i < argc && planes < PLANES; i++, planes++) {
		char *x;

		bytes[planes] = strtoul(argv[i], &x, 10);
		rows[planes] = strtoul(x + 1, NULL, 10);
		frame += bytes[planes] * rows[planes];
	}
	if (!frame)
		return 2;
	data = whole(argv[1], &size);
	for (size_t at = 0; at + frame <= size; at += frame, frames++) {
		size_t same = 0;

		while (same < at && memcmp(data + same, data + at, frame))
			same += frame;
		distinct += same == at;
		bad += (unsigned)torn(data + at, bytes, rows, planes);
	}
	printf("%u frames, %u distinct, %u torn\n", frames, distinct, bad);
	free(data);
	return 0;
}
