/* SPDX-License-Identifier: MIT */
/*
 * A program flips by atomic commits and asks for out-fences; it draws the old framebuffer before the
 * out-fence of the new one has signalled. The twin polls it first.
 * rule: OWN06
 * severity: none
 * devices: kms
 * options: --observe
 */
#include "atomic.h"
#include "vgem.h"

#include <poll.h>
#include <unistd.h>

static void done(int fence)
{
	fence_poll(fence, POLLIN);
	CHECK(close(fence));
}

int main(void)
{
	struct atomic a;
	struct kms k;
	int out;

	case_begin();
	kms_init(&k, "vkms");
	atomic_init(&a, &k);
	done(atomic_flip(&a, &k, k.fb[0].id, -1));
	out = atomic_flip(&a, &k, k.fb[1].id, -1);
	if (TWIN)
		fence_poll(out, POLLIN);
	k.fb[0].map[0] = 2; /* EXPECT OWN06 */
	done(out);
	done(atomic_flip(&a, &k, k.fb[0].id, -1));
	kms_finish(&k);
	return 0;
}
