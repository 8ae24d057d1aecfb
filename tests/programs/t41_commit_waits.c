/* SPDX-License-Identifier: MIT */
/*
 * Two buffers of vgem take turns on a screen; each commit waits for the device that draws it
 * (IN_FENCE_FD). The program draws again into one when the out-fence of the commit after it has
 * signalled: that says that the device was done long ago.
 * near: OWN05
 * devices: vgem kms
 */
#include "atomic.h"
#include "vgem.h"

#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

struct frame {
	struct vgem g;
	uint32_t fb, handle;
	volatile unsigned char *map;
};

static void frame_init(struct frame *f, const struct kms *k)
{
	vgem_init_size(&f->g, k->width, k->height);
	f->map = vgem_map(&f->g);
	f->fb = kms_import(k, f->g.buf.fd, &f->handle);
}

static void frame_finish(struct frame *f, const struct kms *k)
{
	kms_drop(k, f->fb, f->handle);
	CHECK(munmap((void *)f->map, f->g.buf.size));
	vgem_finish(&f->g);
}

/* The device draws; the commit waits for it, and the program for the commit. */
static void show(const struct frame *f, const struct atomic *a, const struct kms *k)
{
	uint32_t fence = vgem_fence_write(&f->g);
	int in = fence_export(f->g.buf.fd, DMA_BUF_SYNC_READ), out = atomic_flip(a, k, f->fb, in);

	vgem_signal_later(&f->g, fence);
	fence_poll(out, POLLIN);
	CHECK(close(out));
	CHECK(close(in));
	vgem_signal_join();
}

int main(void)
{
	struct frame frame[2];
	struct atomic a;
	struct kms k;
	int out;

	case_begin();
	kms_init(&k, "vkms");
	atomic_init(&a, &k);
	for (int i = 0; i < 2; i++)
		frame_init(&frame[i], &k);
	for (int i = 0; i < 6; i++) {
		frame[i % 2].map[0]++;
		show(&frame[i % 2], &a, &k);
	}
	out = atomic_flip(&a, &k, k.fb[0].id, -1);
	fence_poll(out, POLLIN);
	CHECK(close(out));
	for (int i = 0; i < 2; i++)
		frame_finish(&frame[i], &k);
	kms_finish(&k);
	return 0;
}
