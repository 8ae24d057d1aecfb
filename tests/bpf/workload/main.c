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

static const struct {
	const char *name;
	void (*run)(void);
} kinds[] = {
	{"heap", do_heap},
	{"udmabuf", do_udmabuf},
	{"hold", do_hold},
	{"vb2", do_vb2},
	{"import", do_import},
	{"sync", do_sync},
	{"fence", do_fence},
	{"vmap", do_vmap},
	{"contig", do_contig},
	{"early", do_early},
	{"poll", do_poll},
	{"syncfile", do_syncfile},
	{"waited", do_waited},
	{"serve", do_serve},
	{"send", do_send},
	{"stream", do_stream},
	{"forge", do_forge},
	{"raw", do_raw},
	{"bare", do_bare},
	{"krn04-queue", do_krn04_queue},
	{"krn04-queue-twin", do_krn04_queue_twin},
	{"adv04", do_adv04},
	{"adv04-twin", do_adv04_twin},
};

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
