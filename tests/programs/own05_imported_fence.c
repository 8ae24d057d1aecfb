/* SPDX-License-Identifier: MIT */
/*
 * The work of two devices is put on one heap buffer as a merged sync_file; the program waits for the
 * first of the two alone, and reads. The twin waits for the merged one.
 * rule: OWN05
 * severity: error
 * devices: vgem heap
 */
#include "vgem.h"

#include <poll.h>
#include <unistd.h>

static int pending_of(struct vgem *g, uint32_t *ret_fence)
{
	vgem_init(g);
	*ret_fence = vgem_fence_write(g);
	return fence_export(g->buf.fd, DMA_BUF_SYNC_READ);
}

int main(void)
{
	struct vgem g[2];
	struct dbuf frame;
	uint32_t fence[2];
	int file[2], both;

	case_begin();
	dbuf_new(&frame, SMALL);
	file[0] = pending_of(&g[0], &fence[0]);
	file[1] = pending_of(&g[1], &fence[1]);
	both = fence_merge(file[0], file[1]);
	fence_import(frame.fd, both, DMA_BUF_SYNC_WRITE);
	vgem_fence_signal(&g[0], fence[0]);
	vgem_signal_begin(&g[1], fence[1]);
	fence_poll(TWIN ? both : file[0], POLLIN);
	if (TWIN)
		sync_start(frame.fd, DMA_BUF_SYNC_READ);
	(void)frame.map[0]; /* EXPECT OWN05 */
	if (TWIN)
		sync_end(frame.fd, DMA_BUF_SYNC_READ);
	vgem_signal_end();
	for (int i = 0; i < 2; i++) {
		CHECK(close(file[i]));
		vgem_finish(&g[i]);
	}
	CHECK(close(both));
	dbuf_finish(&frame);
	return 0;
}
