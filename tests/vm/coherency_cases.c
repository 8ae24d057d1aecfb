/* SPDX-License-Identifier: MIT */
/*
 * coherency_cases VIDEO-NODE: ways to use a buffer that an emulation of caches could break, all of
 * them correct.  Prints a line for each; under any policy the lines must be those of the bare run.
 */
#include <drm.h>
#include <drm_mode.h>
#include <linux/dma-buf.h>
#include <linux/videodev2.h>
#include <sys/wait.h>

#include "coherency_buf.h"

enum { R = DMA_BUF_SYNC_READ, W = DMA_BUF_SYNC_WRITE, RW = DMA_BUF_SYNC_RW };

static void sync_buf(int fd, unsigned flags)
{
	struct dma_buf_sync s = {.flags = flags};

	if (ioctl(fd, DMA_BUF_IOCTL_SYNC, &s))
		die("sync");
}

static void start(int fd, unsigned rights)
{
	sync_buf(fd, DMA_BUF_SYNC_START | rights);
}

static void end(int fd, unsigned rights)
{
	sync_buf(fd, DMA_BUF_SYNC_END | rights);
}

static char *map(int fd, size_t n, off_t at)
{
	void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_SHARED, fd, at);

	if (p == MAP_FAILED)
		die("mmap");
	return p;
}

static char *device(int fd)
{
	long p = raw_mmap(BUF_SIZE, fd);

	if (p < 0 && p > -4096)
		die("raw mmap");
	return (char *)p;
}

static int all(const char *p, size_t n, char c)
{
	return p[0] == c && !memcmp(p, p + 1, n - 1);
}

static void say(const char *name, int right)
{
	printf("%s: %s\n", name, right ? "right" : "WRONG");
	fflush(stdout);
}

static void two_mappings(void)
{
	int fd = heap(BUF_SIZE), ok;
	char *a = map(fd, BUF_SIZE, 0), *b = map(fd, BUF_SIZE, 0), *dev = device(fd);

	start(fd, RW);
	memset(a, 'A', BUF_SIZE);
	ok = all(b, BUF_SIZE, 'A');
	end(fd, RW);
	ok &= all(dev, BUF_SIZE, 'A');
	memset(dev, 'B', BUF_SIZE);
	start(fd, R);
	ok &= all(a, BUF_SIZE, 'B') && all(b, BUF_SIZE, 'B');
	end(fd, R);
	munmap(a, BUF_SIZE);
	munmap(b, BUF_SIZE);
	close(fd);
	say("two mappings", ok);
}

static void part(void)
{
	int fd = heap(BUF_SIZE);
	char *a = map(fd, 4096, 8192), *dev = device(fd);

	memset(dev, '-', BUF_SIZE);
	start(fd, RW); /* for writing alone, the rest would be undefined behind a bounce buffer */
	memset(a, 'A', 4096);
	end(fd, RW);
	say("a mapping of a part", all(dev, 8192, '-') && all(dev + 8192, 4096, 'A') &&
					   all(dev + 12288, BUF_SIZE - 12288, '-'));
	munmap(a, 4096);
	close(fd);
}

static void moved(void)
{
	int fd = heap(BUF_SIZE), ok;
	char *a = map(fd, BUF_SIZE, 0), *dev = device(fd), *to;
	void *p;

	start(fd, W);
	memset(a, 'A', BUF_SIZE);
	end(fd, W);
	p = mremap(a, BUF_SIZE, 2 * BUF_SIZE, MREMAP_MAYMOVE);
	printf("mremap to twice the size: %s\n", p == MAP_FAILED ? strerror(errno) : "done");
	to = mmap(NULL, BUF_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	p = mremap(a, BUF_SIZE, BUF_SIZE, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	if (p == MAP_FAILED)
		die("mremap");
	start(fd, RW);
	ok = all(p, BUF_SIZE, 'A');
	memset(p, 'B', BUF_SIZE);
	end(fd, RW);
	say("a mapping that was moved", ok && all(dev, BUF_SIZE, 'B'));
	munmap(p, BUF_SIZE);
	close(fd);
}

static void mapped_again(void)
{
	int fd = heap(BUF_SIZE), ok;
	char *a = map(fd, BUF_SIZE, 0), *dev = device(fd);

	start(fd, RW);
	memset(a, 'A', BUF_SIZE);
	munmap(a, BUF_SIZE);
	a = map(fd, BUF_SIZE, 0);
	ok = all(a, BUF_SIZE, 'A');
	end(fd, RW);
	say("mapped again inside a bracket", ok && all(dev, BUF_SIZE, 'A'));
	munmap(a, BUF_SIZE);
	close(fd);
}

static void forked(void)
{
	int fd = heap(BUF_SIZE), ok;
	char *a = map(fd, BUF_SIZE, 0), *dev = device(fd);
	pid_t pid;

	start(fd, RW);
	memset(a, '-', BUF_SIZE);
	pid = fork();
	if (!pid) {
		memset(a, 'A', BUF_SIZE);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	ok = all(a, BUF_SIZE, 'A');
	end(fd, RW);
	say("stores of a forked child", ok && all(dev, BUF_SIZE, 'A'));
	munmap(a, BUF_SIZE);
	close(fd);
}

/* The other process: reads what was stored there, and stores something else. */
static int child(int fd)
{
	char *a = map(fd, BUF_SIZE, 0);
	int ok;

	start(fd, RW);
	ok = all(a, BUF_SIZE, 'A');
	memset(a, 'B', BUF_SIZE);
	end(fd, RW);
	munmap(a, BUF_SIZE);
	return !ok;
}

static void two_processes(void)
{
	int fd = heap(BUF_SIZE), status = -1, ok;
	char *a = map(fd, BUF_SIZE, 0), *dev = device(fd), number[12];
	pid_t pid;

	start(fd, RW);
	memset(a, 'A', BUF_SIZE);
	end(fd, RW);
	fcntl(fd, F_SETFD, 0);
	snprintf(number, sizeof(number), "%d", fd);
	pid = fork();
	if (!pid) {
		execl("/proc/self/exe", "coherency_cases", "child", number, (char *)NULL);
		_exit(9);
	}
	waitpid(pid, &status, 0);
	start(fd, R);
	ok = all(a, BUF_SIZE, 'B');
	end(fd, R);
	say("two processes in turn", !status && ok && all(dev, BUF_SIZE, 'B'));
	munmap(a, BUF_SIZE);
	close(fd);
}

static void memory_file(void)
{
	int memfd, fd = udmabuf(BUF_SIZE, &memfd), ok;
	char *m = map(memfd, BUF_SIZE, 0), *a = map(fd, BUF_SIZE, 0), *dev = device(fd);

	start(fd, RW);
	memset(a, 'A', BUF_SIZE);
	ok = all(m, BUF_SIZE, 'A');
	memset(m, 'B', BUF_SIZE);
	ok &= all(a, BUF_SIZE, 'B');
	end(fd, RW);
	say("the memory file behind a udmabuf", ok && all(dev, BUF_SIZE, 'B'));
	munmap(a, BUF_SIZE);
	munmap(m, BUF_SIZE);
	close(fd);
	close(memfd);
}

static void by_the_kernel(void)
{
	int fd = heap(BUF_SIZE), pipes[2];
	char *a = map(fd, BUF_SIZE, 0), *dev = device(fd), got[4096];
	int ok;

	if (pipe(pipes))
		die("pipe");
	memset(dev, 'A', BUF_SIZE);
	start(fd, R);
	ok = write(pipes[1], a, 4096) == 4096;
	end(fd, R);
	ok &= read(pipes[0], got, 4096) == 4096 && all(got, 4096, 'A');
	memset(got, 'B', sizeof(got));
	ok &= write(pipes[1], got, 4096) == 4096;
	start(fd, W);
	ok &= read(pipes[0], a, 4096) == 4096;
	end(fd, W);
	say("read and write on the mapping", ok && all(dev, 4096, 'B'));
	munmap(a, BUF_SIZE);
	close(fd);
	close(pipes[0]);
	close(pipes[1]);
}

/* ---- a queue's buffer through both of its mappings ---- */

struct queue {
	int fd, exported[2];
	char *video[2], *dmabuf[2];
	size_t length;
};

static struct v4l2_buffer video_call(const struct queue *q, unsigned long request, unsigned index)
{
	struct v4l2_buffer b = {
		.type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP, .index = index};

	if (ioctl(q->fd, request, &b))
		die("video");
	return b;
}

static void video_open(struct queue *q, const char *node)
{
	struct v4l2_requestbuffers req = {
		.count = 2, .type = V4L2_BUF_TYPE_VIDEO_CAPTURE, .memory = V4L2_MEMORY_MMAP};
	int on = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	q->fd = open(node, O_RDWR | O_CLOEXEC);
	if (q->fd < 0 || ioctl(q->fd, VIDIOC_REQBUFS, &req))
		die(node);
	for (unsigned i = 0; i < 2; i++) {
		struct v4l2_exportbuffer e = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
					      .index = i,
					      .flags = O_RDWR | O_CLOEXEC};
		struct v4l2_buffer b = video_call(q, VIDIOC_QUERYBUF, i);

		q->length = b.length;
		q->video[i] = map(q->fd, b.length, b.m.offset);
		if (ioctl(q->fd, VIDIOC_EXPBUF, &e))
			die("EXPBUF");
		q->exported[i] = e.fd;
		q->dmabuf[i] = map(e.fd, b.length, 0);
		video_call(q, VIDIOC_QBUF, i);
	}
	if (ioctl(q->fd, VIDIOC_STREAMON, &on))
		die("STREAMON");
}

static void video_close(struct queue *q)
{
	struct v4l2_requestbuffers req = {.type = V4L2_BUF_TYPE_VIDEO_CAPTURE,
					  .memory = V4L2_MEMORY_MMAP};
	int on = V4L2_BUF_TYPE_VIDEO_CAPTURE;

	ioctl(q->fd, VIDIOC_STREAMOFF, &on);
	for (unsigned i = 0; i < 2; i++) {
		munmap(q->video[i], q->length);
		munmap(q->dmabuf[i], q->length);
		close(q->exported[i]);
	}
	ioctl(q->fd, VIDIOC_REQBUFS, &req);
	close(q->fd);
}

static void video_and_export(const char *node)
{
	struct queue q;
	int ok = 1;

	video_open(&q, node);
	for (unsigned frame = 0; frame < 6; frame++) {
		struct v4l2_buffer b = video_call(&q, VIDIOC_DQBUF, 0);

		start(q.exported[b.index], R);
		ok &= !memcmp(q.video[b.index], q.dmabuf[b.index], q.length) &&
		      !all(q.video[b.index], b.bytesused, 0);
		end(q.exported[b.index], R);
		video_call(&q, VIDIOC_QBUF, b.index);
	}
	video_close(&q);
	say("a queue's buffer beside its export", ok);
}

/* ---- what is never stale ---- */

static int vgem(void)
{
	char path[32], name[16];

	for (int i = 0; i < 8; i++) {
		struct drm_version v = {.name = name, .name_len = sizeof(name) - 1};
		int fd;

		snprintf(path, sizeof(path), "/dev/dri/card%d", i);
		memset(name, 0, sizeof(name));
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0 && !ioctl(fd, DRM_IOCTL_VERSION, &v) && !strcmp(name, "vgem"))
			return fd;
		close(fd);
	}
	die("vgem");
	return -1;
}

static void dumb(void)
{
	struct drm_mode_create_dumb d = {.width = 128, .height = 128, .bpp = 32};
	struct drm_prime_handle p = {.flags = DRM_CLOEXEC | DRM_RDWR};
	struct drm_mode_map_dumb m = {0};
	int card = vgem();
	char *a, *dev;

	if (ioctl(card, DRM_IOCTL_MODE_CREATE_DUMB, &d))
		die("create dumb");
	m.handle = p.handle = d.handle;
	if (ioctl(card, DRM_IOCTL_MODE_MAP_DUMB, &m) ||
	    ioctl(card, DRM_IOCTL_PRIME_HANDLE_TO_FD, &p))
		die("map dumb");
	a = map(card, BUF_SIZE, (off_t)m.offset);
	dev = device(p.fd);
	memset(a, 'A', BUF_SIZE);
	say("a dumb buffer shows stores at once", all(dev, BUF_SIZE, 'A'));
	munmap(a, BUF_SIZE);
	close(p.fd);
	close(card);
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "child"))
		return child(atoi(argv[2]));
	two_mappings();
	part();
	moved();
	mapped_again();
	forked();
	two_processes();
	memory_file();
	by_the_kernel();
	dumb();
	if (argc > 1)
		video_and_export(argv[1]);
	return 0;
}
