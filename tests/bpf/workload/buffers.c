/* SPDX-License-Identifier: MIT */
/* Lives of buffers: allocated, streamed, imported, mapped into the kernel. */
#include <drm.h>
#include <drm_mode.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "kinds.h"

void live_once(int fd, size_t size)
{
	volatile unsigned char *map = map_fd(fd, size);

	sync_start(fd, DMA_BUF_SYNC_WRITE);
	map[0] = 1;
	sync_end(fd, DMA_BUF_SYNC_WRITE);
	unmap(map, size);
	CHECK(close(fd));
}

void do_heap(void)
{
	for (unsigned int i = 0; i < count; i++)
		live_once(dbuf_alloc(SMALL), SMALL);
}

void do_udmabuf(void)
{
	for (unsigned int i = 0; i < count; i++) {
		int memfd, fd = udmabuf_create(&memfd, SMALL);

		live_once(fd, SMALL);
		CHECK(close(memfd));
	}
}

/* Buffers that all live at once, for dmabuf-top; they die with the process.  vgem's where no heap is. */
void do_hold(void)
{
	bool heap = access("/dev/dma_heap/system", R_OK) == 0;
	struct vgem g;

	for (unsigned int i = 0; i < count; i++) {
		if (heap)
			dbuf_alloc(SMALL);
		else
			vgem_init(&g);
	}
	sleep(4);
}

/* Frames as a camera sends them, 60 a second; what they cost this process goes to standard error. */
void do_stream(void)
{
	struct v4l2_streamparm parm = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
		.parm.capture.timeperframe = {.numerator = 1, .denominator = 60}};
	struct timespec cpu, start, end;
	struct video v;

	video_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	CHECK(ioctl(v.fd, VIDIOC_S_PARM, &parm));
	video_queue_all(&v, NULL);
	video_start(&v);
	clock_gettime(CLOCK_MONOTONIC, &start);
	for (unsigned int i = 0; i < count; i++)
		video_queue(&v, video_dequeue(&v), -1);
	clock_gettime(CLOCK_MONOTONIC, &end);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
	video_close(&v);
	fprintf(stderr, "stream: %u frames in %ld ms, %ld ms of CPU time\n", count,
		(end.tv_sec - start.tv_sec) * 1000 + (end.tv_nsec - start.tv_nsec) / 1000000,
		cpu.tv_sec * 1000 + cpu.tv_nsec / 1000000);
}

/* 23 queued and 23 dequeued: three before streaming starts, the rest one for one. */
void do_vb2(void)
{
	struct video v;

	video_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	video_queue_all(&v, NULL);
	video_start(&v);
	for (unsigned int i = BUFFERS; i < count; i++)
		video_queue(&v, video_dequeue(&v), -1);
	for (unsigned int i = 0; i < BUFFERS; i++)
		video_dequeue(&v);
	video_close(&v);
}

/* A buffer that every kernel has a way to make: the heap's, else one that vivid exports. */
static int exported_buffer(struct video *v)
{
	if (access("/dev/dma_heap/system", R_OK) == 0)
		return dbuf_alloc(SMALL);
	video_open(v, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	return video_export(v, 0);
}

uint32_t import(int card, int fd)
{
	struct drm_prime_handle p = {.fd = fd};

	CHECK(ioctl(card, DRM_IOCTL_PRIME_FD_TO_HANDLE, &p));
	return p.handle;
}

void forget(int card, uint32_t handle)
{
	struct drm_gem_close c = {.handle = handle};

	CHECK(ioctl(card, DRM_IOCTL_GEM_CLOSE, &c));
}

/* vgem attaches and maps at import, and undoes both when the handle is closed. */
void do_import(void)
{
	struct vgem g;
	struct video v;
	int fd;

	vgem_init(&g);
	fd = exported_buffer(&v);
	for (unsigned int i = 0; i < count; i++)
		forget(g.card, import(g.card, fd));
	CHECK(close(fd));
	vgem_finish(&g);
}

/* vgem's buffers exist on every kernel; this one holds a frame of the test queue. */
static int frame_buffer(int card)
{
	struct drm_mode_create_dumb d = {.width = 640, .height = 360, .bpp = 32};
	struct drm_prime_handle p = {.flags = DRM_CLOEXEC | DRM_RDWR};

	CHECK(ioctl(card, DRM_IOCTL_MODE_CREATE_DUMB, &d));
	p.handle = d.handle;
	CHECK(ioctl(card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &p));
	return p.fd;
}

/* The queue lets go of its buffers, and is as before. */
static void empty(struct video *v)
{
	struct v4l2_requestbuffers r = {.type = v->type, .memory = v->memory};

	CHECK(ioctl(v->fd, VIDIOC_REQBUFS, &r));
	r.count = BUFFERS;
	CHECK(ioctl(v->fd, VIDIOC_REQBUFS, &r));
}

/* vivid without DMA maps an imported buffer into the kernel when it is queued. */
void do_vmap(void)
{
	struct vgem g;
	struct video v;
	int fd;

	vgem_init(&g);
	fd = frame_buffer(g.card);
	video_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF);
	for (unsigned int i = 0; i < count; i++) {
		video_queue(&v, 0, fd);
		empty(&v);
	}
	video_close(&v);
	CHECK(close(fd));
	vgem_finish(&g);
}

/*
 * One instance of vivid makes a contiguous buffer, the other queue of it imports it: attached and
 * mapped when it is queued, undone by REQBUFS.  Unlike vgem's import it maps on every kernel.
 */
void do_contig(void)
{
	struct video from, to;
	int fd;

	video_open_cap(&from, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP, 0);
	fd = video_export(&from, 0);
	video_open_cap(&to, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF, 0);
	for (unsigned int i = 0; i < count; i++) {
		video_queue(&to, 0, fd);
		empty(&to);
	}
	CHECK(close(fd));
	video_close(&to);
	video_close(&from);
}

/* Names that look like lines of the recording: harmless, whatever one calls oneself. */
void do_forge(void)
{
	CHECK(prctl(PR_SET_NAME, "a\nLost 9 events"));
	live_once(dbuf_alloc(SMALL), SMALL);
	CHECK(prctl(PR_SET_NAME, "b\nK 7 put 1 1 "));
	live_once(dbuf_alloc(SMALL), SMALL);
}
