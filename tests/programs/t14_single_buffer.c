/* SPDX-License-Identifier: MIT */
/*
 * T14: one framebuffer, drawn while it is shown, and DIRTYFB: so it is meant.
 * rule: none
 * devices: kms
 * options: --observe
 */
#include "kms.h"

int main(void)
{
	struct kms k;

	case_begin();
	kms_init(&k, NULL);
	for (unsigned char n = 0; n < 3; n++) {
		k.fb[0].map[0] = n;
		kms_dirty(&k, 0);
	}
	kms_finish(&k);
	return 0;
}
