/* SPDX-License-Identifier: MIT */
/*
 * B18 (GStreamer waylandsink): a buffer goes back to the pool when it is committed, not when the
 * consumer releases it; the next frame is drawn while the last one is being read.
 * rule: OWN01
 * severity: error
 * devices: vivid
 */
#include "common.h"

int main(void)
{
	struct video out;
	unsigned int i;

	case_begin();
	video_stream_mmap(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT);
	i = video_dequeue(&out);
	for (unsigned char n = 0; n < 2; n++) {
		out.map[i][0] = n; /* EXPECT OWN01 */
		if (n)
			break;
		video_queue(&out, i, -1); /* commit */
		if (TWIN)
			i = video_dequeue(&out); /* released */
	}
	video_close(&out);
	return 0;
}
