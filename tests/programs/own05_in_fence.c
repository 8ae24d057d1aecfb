/* SPDX-License-Identifier: MIT */
/*
 * A buffer of vgem is shown by an atomic commit that waits for the device (IN_FENCE_FD). The CPU
 * draws into it right after the commit, as if the commit had waited. The twin polls
 * the sync_file before it draws.
 * rule: OWN05
 * severity: error
 * devices: vgem kms
 */
#include "atomic.h"
#include "vgem.h"

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

int main(void)
{
	volatile unsigned char *map;
	struct atomic a;
	struct vgem g;
	struct kms k;
	uint32_t fb, handle, fence;
	int in, out;

	case_begin();
	kms_init(&k, "vkms");
	atomic_init(&a, &k);
	vgem_init_size(&g, k.width, k.height);
	map = vgem_map(&g);
	fb = kms_import(&k, g.buf.fd, &handle);
	fence = vgem_fence_write(&g);
	in = fence_export(g.buf.fd, DMA_BUF_SYNC_READ);
	out = atomic_flip(&a, &k, fb, in);
	vgem_signal_begin(&g, fence);
	if (TWIN)
		fence_poll(in, POLLIN);
	map[0] = 1; /* EXPECT OWN05 */
	vgem_signal_end();
	fence_poll(out, POLLIN);
	CHECK(close(out));
	CHECK(close(in));
	out = atomic_flip(&a, &k, k.fb[0].id, -1);
	fence_poll(out, POLLIN);
	CHECK(close(out));
	kms_drop(&k, fb, handle);
	CHECK(munmap((void *)map, g.buf.size));
	vgem_finish(&g);
	kms_finish(&k);
	return 0;
}
