/* SPDX-License-Identifier: MIT */
/*
 * Makes an exact number of operations of one kind, for the tests of the kernel side.
 *
 * usage: workload KIND [COUNT]		COUNT is 23 unless given: a prime, so that no probe that
 * fires twice, or every other time, can come out right
 * Exit status: 0 done, 1 a call failed, 77 this kernel or its devices do not offer the kind.
 */
#include <drm.h>
#include <drm_mode.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common.h"
#include "vgem.h"

static unsigned int count = 23;

/* One life of a buffer: START and END once each through a descriptor that is mapped. */
static void live_once(int fd, size_t size)
{
	volatile unsigned char *map = map_fd(fd, size);

	sync_start(fd, DMA_BUF_SYNC_WRITE);
	map[0] = 1;
	sync_end(fd, DMA_BUF_SYNC_WRITE);
	unmap(map, size);
	CHECK(close(fd));
}

static void do_heap(void)
{
	for (unsigned int i = 0; i < count; i++)
		live_once(dbuf_alloc(SMALL), SMALL);
}

static void do_udmabuf(void)
{
	for (unsigned int i = 0; i < count; i++) {
		int memfd, fd = udmabuf_create(&memfd, SMALL);

		live_once(fd, SMALL);
		CHECK(close(memfd));
	}
}

/* Buffers that all live at once, for dmabuf-top; they die with the process.  vgem's where no heap is. */
static void do_hold(void)
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
static void do_stream(void)
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
static void do_vb2(void)
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

static uint32_t import(int card, int fd)
{
	struct drm_prime_handle p = {.fd = fd};

	CHECK(ioctl(card, DRM_IOCTL_PRIME_FD_TO_HANDLE, &p));
	return p.handle;
}

static void forget(int card, uint32_t handle)
{
	struct drm_gem_close c = {.handle = handle};

	CHECK(ioctl(card, DRM_IOCTL_GEM_CLOSE, &c));
}

/* vgem attaches and maps at import, and undoes both when the handle is closed. */
static void do_import(void)
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

/* SYNC on a buffer that is mapped for a device: what the exporter then does is the device's. */
static void do_sync(void)
{
	struct vgem g;
	int fd;
	uint32_t handle;

	vgem_init(&g);
	fd = dbuf_alloc(SMALL);
	handle = import(g.card, fd);
	for (unsigned int i = 0; i < count; i++) {
		sync_start(fd, DMA_BUF_SYNC_RW);
		sync_end(fd, DMA_BUF_SYNC_RW);
	}
	forget(g.card, handle);
	CHECK(close(fd));
	vgem_finish(&g);
}

/* The system call itself: nothing that a library could have in its place. */
static long raw_ioctl(int fd, unsigned long request, void *arg)
{
#ifdef __x86_64__
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(16L), "D"((long)fd), "S"(request), "d"(arg)
			 : "rcx", "r11", "memory");
	return r;
#else
	register long x8 __asm__("x8") = 29, x0 __asm__("x0") = fd;
	register unsigned long x1 __asm__("x1") = request;
	register void *x2 __asm__("x2") = arg;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	return x0;
#endif
}

static void raw_sync(int fd, unsigned long long flags)
{
	struct dma_buf_sync s = {.flags = flags};

	CHECK(raw_ioctl(fd, DMA_BUF_IOCTL_SYNC, &s) ? -1 : 0);
}

/* Correct brackets that no library can see, 23 START and 23 END, on a buffer that a device has. */
static void do_raw(void)
{
	volatile unsigned char *map;
	struct vgem g;
	uint32_t handle;
	int fd;

	vgem_init(&g);
	fd = dbuf_alloc(SMALL);
	handle = import(g.card, fd);
	map = map_fd(fd, SMALL);
	for (unsigned int i = 0; i < count; i++) {
		raw_sync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW);
		map[i] = map[i + 1];
		raw_sync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW);
	}
	unmap(map, SMALL);
	forget(g.card, handle);
	CHECK(close(fd));
	vgem_finish(&g);
}

/* The same without the brackets: the mistake that must still be found beside what is raw. */
static void do_bare(void)
{
	volatile unsigned char *map;
	struct vgem g;
	uint32_t handle;
	int fd;

	vgem_init(&g);
	fd = dbuf_alloc(SMALL);
	handle = import(g.card, fd);
	map = map_fd(fd, SMALL);
	raw_sync(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE);
	map[0] = 1;
	raw_sync(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE);
	sync_start(fd, DMA_BUF_SYNC_WRITE); /* closes the window of the raw bracket */
	map[1] = 1;
	sync_end(fd, DMA_BUF_SYNC_WRITE);
	map[2] = 1; /* SYN01 */
	unmap(map, SMALL);
	forget(g.card, handle);
	CHECK(close(fd));
	vgem_finish(&g);
}

/* Fences that vgem puts on its buffer and signals; SYNC START waits for none that is pending. */
static void do_fence(void)
{
	struct vgem g;

	vgem_init(&g);
	for (unsigned int i = 0; i < count; i++) {
		vgem_fence_signal(&g, vgem_fence_write(&g));
		sync_start(g.buf.fd, DMA_BUF_SYNC_READ);
		sync_end(g.buf.fd, DMA_BUF_SYNC_READ);
	}
	vgem_finish(&g);
}

/* A device writes until a thread signals the fence, 50 ms from now. */
struct write {
	struct vgem g;
	uint32_t fence;
	pthread_t thread;
};

static void *signal_later(void *arg)
{
	struct write *w = arg;

	usleep(50000);
	vgem_fence_signal(&w->g, w->fence);
	return NULL;
}

static void write_start(struct write *w)
{
	vgem_init(&w->g);
	w->fence = vgem_fence_write(&w->g);
	CHECK(-pthread_create(&w->thread, NULL, signal_later, w));
}

static void write_finish(struct write *w)
{
	CHECK(-pthread_join(w->thread, NULL));
	vgem_finish(&w->g);
}

static void wait_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	CHECK(poll(&p, 1, 5000) - 1);
}

/* The mistake: the CPU touches what the device is still writing. */
static void do_early(void)
{
	struct write w;

	write_start(&w);
	w.g.buf.map[0] = 1; /* OWN05 */
	write_finish(&w);
}

/* Correct: poll() waits for the fence. */
static void do_poll(void)
{
	struct write w;

	write_start(&w);
	wait_readable(w.g.buf.fd);
	sync_start(w.g.buf.fd, DMA_BUF_SYNC_RW);
	w.g.buf.map[0] = 1;
	sync_end(w.g.buf.fd, DMA_BUF_SYNC_RW);
	write_finish(&w);
}

/* Correct: the fence as a file of its own is waited for. */
static void do_syncfile(void)
{
	struct dma_buf_export_sync_file e = {.flags = DMA_BUF_SYNC_RW, .fd = -1};
	struct write w;

	write_start(&w);
	CHECK(ioctl(w.g.buf.fd, DMA_BUF_IOCTL_EXPORT_SYNC_FILE, &e));
	wait_readable(e.fd);
	CHECK(close(e.fd));
	sync_start(w.g.buf.fd, DMA_BUF_SYNC_RW);
	w.g.buf.map[0] = 1;
	sync_end(w.g.buf.fd, DMA_BUF_SYNC_RW);
	write_finish(&w);
}

/* Another mistake, which shows that waiting alone ends the device's claim: no bracket, SYN01. */
static void do_waited(void)
{
	struct write w;

	write_start(&w);
	wait_readable(w.g.buf.fd);
	w.g.buf.map[0] = 1;
	write_finish(&w);
}

/* ---- two processes ---- */

static int socket_at(struct sockaddr_un *a)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	CHECK(fd);
	*a = (struct sockaddr_un){.sun_family = AF_UNIX, .sun_path = "/tmp/workload.socket"};
	return fd;
}

/* Takes one buffer from a stranger and uses it as it should. */
static void do_serve(void)
{
	char word, control[CMSG_SPACE(sizeof(int))];
	struct iovec v = {&word, 1};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	struct sockaddr_un a;
	int s = socket_at(&a), peer, fd;

	unlink(a.sun_path);
	CHECK(bind(s, (struct sockaddr *)&a, sizeof(a)));
	CHECK(listen(s, 1));
	peer = accept(s, NULL, NULL);
	CHECK(peer);
	CHECK(recvmsg(peer, &m, 0) - 1);
	c = CMSG_FIRSTHDR(&m);
	if (!c)
		die("no descriptor came");
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	live_once(fd, SMALL);
	CHECK(write(peer, &word, 1));
	close(peer);
	close(s);
}

static void do_send(void)
{
	char word = 0, control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec v = {&word, 1};
	struct msghdr m = {.msg_iov = &v,
			   .msg_iovlen = 1,
			   .msg_control = control,
			   .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	struct sockaddr_un a;
	int s = socket_at(&a), fd = dbuf_alloc(SMALL);

	*c = (struct cmsghdr){.cmsg_len = CMSG_LEN(sizeof(fd)),
			      .cmsg_level = SOL_SOCKET,
			      .cmsg_type = SCM_RIGHTS};
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	CHECK(connect(s, (struct sockaddr *)&a, sizeof(a)));
	CHECK(sendmsg(s, &m, 0));
	CHECK(read(s, &word, 1));
	live_once(fd, SMALL);
	close(s);
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

/* vivid without DMA maps an imported buffer into the kernel when it is queued. */
static void do_vmap(void)
{
	struct vgem g;
	struct video v;
	int fd;

	vgem_init(&g);
	fd = frame_buffer(g.card);
	video_open(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_DMABUF);
	for (unsigned int i = 0; i < count; i++) {
		struct v4l2_requestbuffers r = {.type = v.type, .memory = v.memory};

		video_queue(&v, 0, fd);
		CHECK(ioctl(v.fd, VIDIOC_REQBUFS, &r));
		r.count = BUFFERS;
		CHECK(ioctl(v.fd, VIDIOC_REQBUFS, &r));
	}
	video_close(&v);
	CHECK(close(fd));
	vgem_finish(&g);
}

/*
 * One instance of vivid makes a contiguous buffer, the other queue of it imports it: attached and
 * mapped when it is queued, undone by REQBUFS.  Unlike vgem's import it maps on every kernel.
 */
static void do_contig(void)
{
	struct video from, to;
	int fd;

	video_open_cap(&from, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP, 0);
	fd = video_export(&from, 0);
	video_open_cap(&to, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF, 0);
	for (unsigned int i = 0; i < count; i++) {
		struct v4l2_requestbuffers r = {.type = to.type, .memory = to.memory};

		video_queue(&to, 0, fd);
		CHECK(ioctl(to.fd, VIDIOC_REQBUFS, &r));
		r.count = BUFFERS;
		CHECK(ioctl(to.fd, VIDIOC_REQBUFS, &r));
	}
	CHECK(close(fd));
	video_close(&to);
	video_close(&from);
}

/* Let the test module access a buffer as a driver's CPU code would. */
static void drive(const char *what, int fd)
{
	FILE *f = fopen("/sys/kernel/debug/dmasan_test/run", "w");

	if (!f || fprintf(f, "%s %d", what, fd) < 0 || fclose(f)) {
		perror("dmasan_test");
		exit(1);
	}
}

/*
 * All buffers but the one in hand are the driver's: of a few accesses at least one meets it.  The
 * twin's come while the buffer is in hand.
 */
static void access_queued(bool twin)
{
	struct video v;
	int fd;

	video_open_cap(&v, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP, 0);
	fd = video_export(&v, 0);
	video_queue_all(&v, NULL);
	video_start(&v);
	for (unsigned int i = 0; i < 10; i++) {
		unsigned int k = video_dequeue(&v);

		if (twin && k == 0)
			drive("krn04-queue", fd);
		video_queue(&v, k, -1);
		if (!twin)
			drive("krn04-queue", fd);
	}
	CHECK(close(fd));
	video_close(&v);
}

static void do_krn04_queue(void)
{
	access_queued(false);
}

static void do_krn04_queue_twin(void)
{
	access_queued(true);
}

/* Names that look like lines of the recording: harmless, whatever one calls oneself. */
static void do_forge(void)
{
	CHECK(prctl(PR_SET_NAME, "a\nLost 9 events"));
	live_once(dbuf_alloc(SMALL), SMALL);
	CHECK(prctl(PR_SET_NAME, "b\nK 7 put 1 1 "));
	live_once(dbuf_alloc(SMALL), SMALL);
}

/* A buffer of the program's that a driver maps and unmaps for every frame; the twin's keeps it mapped. */
static void frames(const char *what)
{
	int fd = dbuf_alloc(SMALL);

	drive(what, fd);
	CHECK(close(fd));
}

static void do_adv04(void)
{
	frames("adv04");
}

static void do_adv04_twin(void)
{
	frames("adv04-twin");
}

static const struct {
	const char *name;
	void (*run)(void);
} kinds[] = {
	{"heap", do_heap},
	{"udmabuf", do_udmabuf},
	{"hold", do_hold},
	{"vb2", do_vb2},
	{"import", do_import},
	{"sync", do_sync},
	{"fence", do_fence},
	{"vmap", do_vmap},
	{"contig", do_contig},
	{"early", do_early},
	{"poll", do_poll},
	{"syncfile", do_syncfile},
	{"waited", do_waited},
	{"serve", do_serve},
	{"send", do_send},
	{"stream", do_stream},
	{"forge", do_forge},
	{"raw", do_raw},
	{"bare", do_bare},
	{"krn04-queue", do_krn04_queue},
	{"krn04-queue-twin", do_krn04_queue_twin},
	{"adv04", do_adv04},
	{"adv04-twin", do_adv04_twin},
};

int main(int argc, char **argv)
{
	if (argc > 2)
		count = (unsigned int)strtoul(argv[2], NULL, 10);
	for (unsigned int i = 0; argc > 1 && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, argv[1])) {
			kinds[i].run();
			return 0;
		}
	fprintf(stderr, "usage: workload KIND [COUNT]\n");
	return 2;
}
