/* SPDX-License-Identifier: MIT */
/*
 * T4: one buffer is in the program's hands while all others are queued.
 * rule: none
 * devices: vivid
 */
#include "common.h"

#include <string.h>

enum { FRAMES = 4 };

int main(void)
{
	unsigned int mine = 0, next;
	struct video cap;

	case_begin();
	video_open(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP);
	video_queue(&cap, 1, -1);
	video_queue(&cap, 2, -1);
	video_start(&cap);
	memset((void *)cap.map[mine], 0, cap.size);
	for (int frame = 0; frame < FRAMES; frame++) {
		next = video_dequeue(&cap);
		video_queue(&cap, mine, -1);
		mine = next;
		(void)cap.map[mine][0];
		cap.map[mine][cap.size - 1] = 1;
	}
	video_close(&cap);
	return 0;
}
