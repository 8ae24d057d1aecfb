/* SPDX-License-Identifier: MIT */
/*
 * OWN02: the program closes the camera and reads a frame that is still mapped. The mapping holds
 * the open file, so this is not the last close: the queue is alive and the device goes on
 * writing. The twin stops the stream before it closes.
 * rule: OWN02
 * severity: error
 * devices: vivid
 */
#include "common.h"

#include <unistd.h>

int main(void)
{
	struct video cap;

	case_begin();
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	if (TWIN)
		video_stop(&cap);
	CHECK(close(cap.fd));
	(void)cap.map[0][0]; /* EXPECT OWN02 */
	for (int i = 0; i < BUFFERS; i++)
		unmap(cap.map[i], cap.size);
	return 0;
}
