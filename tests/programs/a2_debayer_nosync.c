/* SPDX-License-Identifier: MIT */
/*
 * A2, libcamera's software debayer: the raw frame of the camera is read, and a frame that the
 * display has given back is written, both through mappings of the dma-buf and with no bracket.
 * The twin brackets both.
 * rule: SYN02 SYN01
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

enum { BYTES = 64 };

static void debayer(volatile unsigned char *out, volatile unsigned char *raw)
{
	unsigned char pixel;

	for (int i = 0; i < BYTES; i++) {
		pixel = raw[i]; /* EXPECT SYN02 */
		out[i] = pixel; /* EXPECT SYN01 */
	}
}

static void process(const struct dbuf *out, const struct dbuf *raw)
{
	if (TWIN) {
		sync_start(raw->fd, DMA_BUF_SYNC_READ);
		sync_start(out->fd, DMA_BUF_SYNC_WRITE);
	}
	debayer(out->map, raw->map);
	if (TWIN) {
		sync_end(out->fd, DMA_BUF_SYNC_WRITE);
		sync_end(raw->fd, DMA_BUF_SYNC_READ);
	}
}

int main(void)
{
	struct dbuf frames[BUFFERS], raw[BUFFERS];
	struct video camera, display;
	unsigned int in, out;

	case_begin();
	video_open(&camera, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	video_open(&display, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF);
	for (unsigned int i = 0; i < BUFFERS; i++)
		dbuf_init(&raw[i], video_export(&camera, i), camera.size);
	dbufs_new(frames, display.size);
	video_queue_all(&camera, NULL);
	video_queue_all(&display, frames);
	video_start(&camera);
	video_start(&display);
	in = video_dequeue(&camera);
	out = video_dequeue(&display);
	process(&frames[out], &raw[in]);
	video_queue(&display, out, frames[out].fd);
	video_close(&display);
	video_close(&camera);
	dbufs_finish(frames);
	dbufs_finish(raw);
	return 0;
}
