/* SPDX-License-Identifier: MIT */
/*
 * OWN02: poll() says that a frame is ready and the program reads it without DQBUF. The twin
 * dequeues.
 * rule: OWN02
 * severity: error
 * devices: vivid
 */
#include "common.h"

#include <poll.h>

int main(void)
{
	struct pollfd ready = {.events = POLLIN};
	struct video cap;
	unsigned int i = 0;

	case_begin();
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	ready.fd = cap.fd;
	if (poll(&ready, 1, -1) != 1 || !(ready.revents & POLLIN))
		die("poll");
	if (TWIN)
		i = video_dequeue(&cap);
	(void)cap.map[i][0]; /* EXPECT OWN02 */
	video_close(&cap);
	return 0;
}
