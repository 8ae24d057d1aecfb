/* SPDX-License-Identifier: MIT */
/*
 * C1 (wlroots): the old framebuffer is drawn as soon as the next one is committed, not when the
 * flip is complete.
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
	kms_flip(&k, 1);
	if (TWIN)
		kms_wait_flip(&k);
	k.fb[0].map[0] = 2; /* EXPECT OWN06 */
	if (!TWIN)
		kms_wait_flip(&k);
	kms_flip(&k, 0);
	kms_wait_flip(&k);
	kms_finish(&k);
	return 0;
}
