/* SPDX-License-Identifier: MIT */
/*
 * T20: one thread waits in DQBUF, another one uses a buffer that is in the program's hands. No
 * buffer is queued meanwhile, so DQBUF does wait; then the buffer is queued and comes back to
 * the waiting thread.
 * rule: none
 * devices: vivid
 */
#include "common.h"

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

enum { USES = 100, PAUSE_US = 1000 };

static struct video cap;
static sem_t about_to_wait;

static void *wait_for_frame(void *unused)
{
	unsigned int i;

	(void)unused;
	CHECK(sem_post(&about_to_wait));
	i = video_dequeue(&cap);
	(void)cap.map[i][0];
	return NULL;
}

static void use_and_queue(unsigned int i)
{
	for (int n = 0; n < USES; n++) {
		(void)cap.map[i][n];
		cap.map[i][n] = 1;
		usleep(PAUSE_US);
	}
	video_queue(&cap, i, -1);
}

int main(void)
{
	unsigned int mine[BUFFERS];
	pthread_t thread;

	case_begin();
	CHECK(sem_init(&about_to_wait, 0, 0));
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	for (int i = 0; i < BUFFERS; i++)
		mine[i] = video_dequeue(&cap);
	if (pthread_create(&thread, NULL, wait_for_frame, NULL))
		die("pthread_create");
	CHECK(sem_wait(&about_to_wait));
	use_and_queue(mine[0]);
	pthread_join(thread, NULL);
	video_close(&cap);
	return 0;
}
