/* SPDX-License-Identifier: MIT */
/*
 * D20 (Smithay): for each frame the fence of the renderer is put into a sync object, exported for the
 * client, and the handle never destroyed. The twin destroys it after the export.
 * rule: LIF06
 * severity: warning
 * devices: vgem syncobj
 */
#include "syncobj.h"
#include "vgem.h"

#include <unistd.h>

enum { FRAMES = 20 };

int main(void)
{
	struct vgem g;
	int card;

	case_begin();
	card = syncobj_card();
	vgem_init(&g);
	for (int i = 0; i < FRAMES; i++) {
		uint32_t fence = vgem_fence_write(&g);
		uint32_t object = syncobj_of(card, g.buf.fd); /* EXPECT LIF06 */
		int fd = syncobj_export(card, object);

		if (TWIN)
			syncobj_destroy(card, object);
		vgem_fence_signal(&g, fence);
		CHECK(close(fd)); /* the client has taken it */
	}
	vgem_finish(&g);
	CHECK(close(card));
	return 0;
}
