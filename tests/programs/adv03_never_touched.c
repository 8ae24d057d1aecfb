/* SPDX-License-Identifier: MIT */
/*
 * ADV03: frames go round in driver memory and the CPU never looks at one.
 * rule: ADV03
 * severity: none
 * devices: vivid vivid-hints
 * options: --observe
 */
#include "common.h"

enum { FRAMES = 5 * BUFFERS };

int main(void)
{
	struct video cap;
	unsigned int i;

	case_begin();
	video_open_cap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_MEMORY_MMAP,
		       V4L2_BUF_CAP_SUPPORTS_MMAP_CACHE_HINTS);
	video_queue_all(&cap, NULL); /* EXPECT ADV03 */
	video_start(&cap);
	for (int n = 0; n < FRAMES; n++) {
		i = video_dequeue(&cap);
		if (TWIN)
			consume((const void *)cap.map[i], cap.size);
		video_queue(&cap, i, -1);
	}
	video_close(&cap);
	return 0;
}
