/* SPDX-License-Identifier: MIT */
/*
 * T15: a screenshot reads the framebuffer that is shown, in a program that flips between two. The
 * dma-buf mapping is read in a bracket.
 * rule: none
 * devices: kms
 * options: --observe
 */
#include "kms.h"

#include <unistd.h>

int main(void)
{
	struct dbuf shot;
	struct kms k;

	case_begin();
	kms_init(&k, NULL);
	kms_flip(&k, 1);
	consume((const void *)k.fb[0].map, k.fb[0].size);
	kms_wait_flip(&k);
	consume((const void *)k.fb[1].map, k.fb[1].size);
	dbuf_init(&shot, kms_export(&k, 1), k.fb[1].size);
	sync_start(shot.fd, DMA_BUF_SYNC_READ);
	consume((const void *)shot.map, shot.size);
	sync_end(shot.fd, DMA_BUF_SYNC_READ);
	dbuf_finish(&shot);
	kms_finish(&k);
	return 0;
}
