/* SPDX-License-Identifier: MIT */
/*
 * C2 (softbuffer): page_flip only queues; drawing goes on in the framebuffer that was just handed
 * over.
 * rule: OWN06
 * severity: none
 * devices: kms
 * options: --observe
 */
#include "kms.h"

int main(void)
{
	struct kms k;

	case_begin();
	kms_init(&k, NULL);
	k.fb[1].map[0] = 1;
	if (TWIN)
		k.fb[1].map[4096] = 2;
	kms_flip(&k, 1);
	if (!TWIN)
		k.fb[1].map[4096] = 2; /* EXPECT OWN06 */
	kms_wait_flip(&k);
	k.fb[0].map[0] = 3; /* the other one is free now */
	kms_flip(&k, 0);
	kms_wait_flip(&k);
	kms_finish(&k);
	return 0;
}
