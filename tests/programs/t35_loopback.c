/* SPDX-License-Identifier: MIT */
/*
 * T35: what one opener writes into an output device, another one reads from a capture device: rules
 * hold for the queue of each.
 * rule: none
 * devices: vivid
 * near: OWN01 OWN02
 */
#include "common.h"

int main(void)
{
	struct video out, cap;
	unsigned int i, o;

	case_begin();
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	video_stream_mmap(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT);
	for (unsigned char n = 0; n < 3; n++) {
		o = video_dequeue(&out);
		i = video_dequeue(&cap);
		out.map[o][0] = cap.map[i][0];
		video_queue(&cap, i, -1);
		video_queue(&out, o, -1);
	}
	video_close(&out);
	video_close(&cap);
	return 0;
}
