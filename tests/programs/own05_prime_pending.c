/* SPDX-License-Identifier: MIT */
/*
 * Two buffers of vgem are shown in turn on another card. A device renders into the one that comes
 * next, and the CPU draws its overlay before the device is done. The twin waits by poll().
 * rule: OWN05
 * severity: error
 * devices: vgem kms
 */
#include "kms.h"
#include "vgem.h"

#include <poll.h>

struct frame {
	struct vgem g;
	uint32_t fb, handle;
};

static void frame_init(struct frame *f, const struct kms *k)
{
	vgem_init_size(&f->g, k->width, k->height);
	f->fb = kms_import(k, f->g.buf.fd, &f->handle);
}

static void draw(const struct frame *f)
{
	vgem_signal_begin(&f->g, vgem_fence_write(&f->g));
	if (TWIN) {
		fence_poll(f->g.buf.fd, POLLIN | POLLOUT);
		sync_start(f->g.buf.fd, DMA_BUF_SYNC_RW);
	}
	f->g.buf.map[0] = 1; /* EXPECT OWN05 */
	if (TWIN)
		sync_end(f->g.buf.fd, DMA_BUF_SYNC_RW);
	vgem_signal_end();
}

int main(void)
{
	struct frame frame[2];
	struct kms k;

	case_begin();
	kms_init(&k, "vkms");
	frame_init(&frame[0], &k);
	frame_init(&frame[1], &k);
	for (int i = 0; i < 4; i++) {
		draw(&frame[i % 2]);
		kms_flip_to(&k, frame[i % 2].fb);
		kms_wait_flip(&k);
	}
	kms_flip(&k, 0);
	kms_wait_flip(&k);
	for (int i = 0; i < 2; i++) {
		kms_drop(&k, frame[i].fb, frame[i].handle);
		vgem_finish(&frame[i].g);
	}
	kms_finish(&k);
	return 0;
}
