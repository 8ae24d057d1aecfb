/* SPDX-License-Identifier: MIT */
/*
 * Makes an exact number of operations of one kind, for the tests of the kernel side.
 *
 * usage: workload KIND [COUNT]		COUNT is 23 unless given: a prime, so that no probe that
 * fires twice, or every other time, can come out right
 * Exit status: 0 done, 1 a call failed, 77 this kernel or its devices do not offer the kind.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kinds.h"

unsigned int count = 23;

#define ROW(name, function) {name, do_##function},
static const struct {
	const char *name;
	void (*run)(void);
} kinds[] = {WORKLOAD_KINDS(ROW)};

int main(int argc, char **argv)
{
	if (argc > 2)
		count = (unsigned int)strtoul(argv[2], NULL, 10);
	for (unsigned int i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, argv[1])) {
			kinds[i].run();
			return 0;
		}
	fprintf(stderr, "usage: workload KIND [COUNT]\n");
	return 2;
}
