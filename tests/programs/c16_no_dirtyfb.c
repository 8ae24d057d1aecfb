/* SPDX-License-Identifier: MIT */
/*
 * C16 (drm-howto): the CPU draws the framebuffer of a virtual GPU, which shows a copy that it makes
 * at DIRTYFB, and there is no DIRTYFB. The twin has one after each picture.
 * rule: ADV06
 * severity: none
 * devices: kms
 * options: --observe
 */
#include "kms.h"

int main(void)
{
	struct kms k;

	case_begin();
	kms_init(&k, "virtio_gpu");
	for (unsigned char n = 0; n < 3; n++) {
		k.fb[0].map[0] = n; /* EXPECT ADV06 */
		if (TWIN)
			kms_dirty(&k, 0);
	}
	kms_finish(&k);
	return 0;
}
