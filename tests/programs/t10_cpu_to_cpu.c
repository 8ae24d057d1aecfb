/* SPDX-License-Identifier: MIT */
/*
 * T10: a heap buffer between two parts of one program: written and read with no bracket, and no
 * device ever sees it. Only warnings marked latent may come of it.
 * rule: none
 * latent: SYN01 SYN02
 * devices: heap
 */
#include "common.h"

#include <string.h>

static void produce(const struct dbuf *frame, int value)
{
	memset((void *)frame->map, value, frame->size);
}

static void check(const struct dbuf *frame, int value)
{
	for (size_t i = 0; i < frame->size; i++)
		if (frame->map[i] != value)
			die("the frame has changed");
}

int main(void)
{
	struct dbuf frame;

	case_begin();
	dbuf_new(&frame, SMALL);
	for (int value = 1; value < 4; value++) {
		produce(&frame, value);
		check(&frame, value);
	}
	dbuf_finish(&frame);
	return 0;
}
