/* SPDX-License-Identifier: MIT */
/*
 * T24: QBUF into a request hands nothing over: the buffer may be used until the request is
 * queued. REINIT of a request that was not queued gives its buffer back.
 * rule: none
 * devices: vivid vivid-request
 */
#include "request.h"

#include <linux/media.h>
#include <unistd.h>

static void use(const struct video *cap, unsigned int index)
{
	(void)cap->map[index][0];
	cap->map[index][1] = 1;
}

int main(void)
{
	int media, request[BUFFERS];
	struct video cap;
	unsigned int i;

	case_begin();
	video_open_cap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP,
		       V4L2_BUF_CAP_SUPPORTS_REQUESTS);
	media = media_open(&cap);
	for (i = 0; i < BUFFERS; i++) {
		request[i] = request_alloc(media);
		request_add(&cap, i, request[i]);
		use(&cap, i);
	}
	CHECK(ioctl(request[0], MEDIA_REQUEST_IOC_REINIT));
	use(&cap, 0);
	request_add(&cap, 0, request[0]);
	for (i = 0; i < BUFFERS; i++)
		CHECK(ioctl(request[i], MEDIA_REQUEST_IOC_QUEUE));
	video_start(&cap);
	i = video_dequeue(&cap);
	use(&cap, i);
	video_stop(&cap);
	for (i = 0; i < BUFFERS; i++)
		CHECK(close(request[i]));
	CHECK(close(media));
	video_close(&cap);
	return 0;
}
