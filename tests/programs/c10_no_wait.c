/* SPDX-License-Identifier: MIT */
/*
 * C10 (Hyprland): a device is still writing the buffer, and the program reads it. The twin
 * polls the dma-buf until the fence has signalled.
 * rule: OWN05
 * severity: error
 * devices: vgem
 */
#include "vgem.h"

#include <poll.h>

int main(void)
{
	struct vgem g;

	case_begin();
	vgem_init(&g);
	vgem_signal_begin(&g, vgem_fence_write(&g));
	if (TWIN) {
		fence_poll(g.buf.fd, POLLIN);
		sync_start(g.buf.fd, DMA_BUF_SYNC_READ);
	}
	(void)g.buf.map[0]; /* EXPECT OWN05 */
	if (TWIN)
		sync_end(g.buf.fd, DMA_BUF_SYNC_READ);
	vgem_signal_end();
	vgem_finish(&g);
	return 0;
}
