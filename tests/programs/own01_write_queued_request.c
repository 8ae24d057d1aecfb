/* SPDX-License-Identifier: MIT */
/*
 * OWN01 with a request: QBUF into a request hands nothing over, MEDIA_REQUEST_IOC_QUEUE does,
 * and the write comes after it. The twin writes between the two.
 * rule: OWN01
 * severity: error
 * devices: vivid vivid-request
 */
#include "request.h"

#include <linux/media.h>
#include <unistd.h>

int main(void)
{
	int media, request[BUFFERS];
	struct video cap;

	case_begin();
	video_open_cap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP,
		       V4L2_BUF_CAP_SUPPORTS_REQUESTS);
	media = media_open(&cap);
	for (unsigned int i = 0; i < BUFFERS; i++) {
		request[i] = request_alloc(media);
		request_add(&cap, i, request[i]);
	}
	if (!TWIN)
		CHECK(ioctl(request[0], MEDIA_REQUEST_IOC_QUEUE));
	cap.map[0][0] = 1; /* EXPECT OWN01 */
	for (unsigned int i = TWIN ? 0 : 1; i < BUFFERS; i++)
		CHECK(ioctl(request[i], MEDIA_REQUEST_IOC_QUEUE));
	video_start(&cap);
	(void)video_dequeue(&cap);
	video_stop(&cap);
	for (unsigned int i = 0; i < BUFFERS; i++)
		CHECK(close(request[i]));
	CHECK(close(media));
	video_close(&cap);
	return 0;
}
