/* SPDX-License-Identifier: MIT */
/*
 * B1, hawkeye: the capture thread gives the frame back to the camera before the thread that
 * grabs it has copied it. The twin gives it back when the grab is done.
 * rule: OWN02
 * severity: error
 * devices: vivid
 */
#include "common.h"

#include <pthread.h>
#include <semaphore.h>

static volatile unsigned char *latest;
static sem_t frame_ready, frame_grabbed;

static void *grab(void *unused)
{
	(void)unused;
	CHECK(sem_wait(&frame_ready));
	(void)latest[0]; /* EXPECT OWN02 */
	CHECK(sem_post(&frame_grabbed));
	return NULL;
}

static void capture_one(const struct video *cap)
{
	struct v4l2_buffer b;

	video_buffer(cap, &b, 0);
	CHECK(ioctl(cap->fd, VIDIOC_DQBUF, &b));
	latest = cap->map[b.index];
	if (!TWIN)
		CHECK(ioctl(cap->fd, VIDIOC_QBUF, &b));
	CHECK(sem_post(&frame_ready));
	CHECK(sem_wait(&frame_grabbed));
	if (TWIN)
		CHECK(ioctl(cap->fd, VIDIOC_QBUF, &b));
}

int main(void)
{
	struct video cap;
	pthread_t thread;

	case_begin();
	CHECK(sem_init(&frame_ready, 0, 0));
	CHECK(sem_init(&frame_grabbed, 0, 0));
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	if (pthread_create(&thread, NULL, grab, NULL))
		die("pthread_create");
	capture_one(&cap);
	pthread_join(thread, NULL);
	video_close(&cap);
	return 0;
}
