/* SPDX-License-Identifier: MIT */
/*
 * T2: the node's own mapping needs no SYNC: DQBUF, read, write, QBUF.
 * rule: none
 * devices: vivid
 */
#include "common.h"

enum { FRAMES = 5 };

int main(void)
{
	struct video cap;
	unsigned int i;

	case_begin();
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	for (int frame = 0; frame < FRAMES; frame++) {
		i = video_dequeue(&cap);
		(void)cap.map[i][0];
		cap.map[i][1] = 1;
		(void)cap.map[i][cap.size - 1];
		video_queue(&cap, i, -1);
	}
	video_close(&cap);
	return 0;
}
