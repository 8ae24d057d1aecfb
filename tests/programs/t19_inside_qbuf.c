/* SPDX-License-Identifier: MIT */
/*
 * T19: another thread draws while QBUF is in the kernel, which has not taken the buffer yet. The
 * argument of QBUF lies on a page that is not there: the kernel waits for it (userfaultfd), and the
 * thread that delivers the page draws first.
 * rule: none
 * near: OWN01
 * devices: vivid
 */
#include "common.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct {
	int fault;		      /* the userfaultfd */
	void *page;		      /* where QBUF looks for its argument */
	struct v4l2_buffer *argument; /* what will be there */
	size_t size;
	volatile unsigned char *frame;
} race;

static void *draw_then_deliver(void *arg)
{
	struct uffd_msg message;
	struct uffdio_copy copy = {
		.dst = (uintptr_t)race.page, .src = (uintptr_t)race.argument, .len = race.size};

	CHECK(read(race.fault, &message, sizeof(message)));
	race.frame[0]++;
	CHECK(ioctl(race.fault, UFFDIO_COPY, &copy));
	return arg;
}

static void race_begin(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register area = {.mode = UFFDIO_REGISTER_MODE_MISSING};

	race.size = page_round(1);
	race.fault = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (race.fault < 0)
		skip("no userfaultfd");
	CHECK(ioctl(race.fault, UFFDIO_API, &api));
	race.page =
		mmap(NULL, race.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	race.argument =
		mmap(NULL, race.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (race.page == MAP_FAILED || race.argument == MAP_FAILED)
		die("mmap");
	area.range.start = (uintptr_t)race.page;
	area.range.len = race.size;
	CHECK(ioctl(race.fault, UFFDIO_REGISTER, &area));
}

static void queue_in_race(const struct video *out, unsigned int i)
{
	pthread_t thread;

	CHECK(madvise(race.page, race.size, MADV_DONTNEED));
	video_buffer(out, race.argument, i);
	race.frame = out->map[i];
	if (pthread_create(&thread, NULL, draw_then_deliver, NULL))
		die("pthread_create");
	CHECK(ioctl(out->fd, VIDIOC_QBUF, race.page));
	pthread_join(thread, NULL);
}

int main(void)
{
	struct video out;

	case_begin();
	race_begin();
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_MMAP);
	for (unsigned int i = 0; i < BUFFERS; i++)
		queue_in_race(&out, i);
	video_start(&out);
	for (int n = 0; n < 6; n++)
		queue_in_race(&out, video_dequeue(&out));
	video_stop(&out);
	video_close(&out);
	CHECK(close(race.fault));
	return 0;
}
