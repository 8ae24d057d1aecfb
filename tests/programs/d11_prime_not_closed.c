/* SPDX-License-Identifier: MIT */
/*
 * D11 (Smithay): the descriptor of a screen buffer is fetched for every frame and never closed.
 * rule: LIF02
 * severity: warning
 * devices: kms
 */
#include "kms.h"

#include <fcntl.h>
#include <unistd.h>

int main(void)
{
	struct kms k;

	case_begin();
	kms_init(&k, NULL);
	for (int i = 0; i < 4; i++) {
		int fd = kms_export(&k, i % 2); /* EXPECT LIF02 */

		if (fcntl(fd, F_GETFD) >= 0 && TWIN)
			CHECK(close(fd));
	}
	kms_finish(&k);
	return 0;
}
