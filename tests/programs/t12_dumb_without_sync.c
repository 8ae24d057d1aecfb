/* SPDX-License-Identifier: MIT */
/*
 * T12: a dumb buffer is drawn through the DRM node, without any SYNC, though it is exported too.
 * rule: none
 * devices: kms
 */
#include "kms.h"

#include <unistd.h>

int main(void)
{
	struct kms k;
	int fd;

	case_begin();
	kms_init(&k, NULL);
	fd = kms_export(&k, 1);
	for (unsigned char n = 0; n < 3; n++) {
		k.fb[1].map[n] = n;
		consume((const void *)k.fb[1].map, k.fb[1].size);
	}
	CHECK(close(fd));
	kms_finish(&k);
	return 0;
}
