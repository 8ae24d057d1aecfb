/* SPDX-License-Identifier: MIT */
/*
 * T6: STREAMOFF gives every buffer back, none is dequeued; then all are read and written.
 * rule: none
 * devices: vivid
 */
#include "common.h"

int main(void)
{
	struct video cap;

	case_begin();
	video_stream_mmap(&cap, V4L2_BUF_TYPE_VIDEO_CAPTURE);
	video_stop(&cap);
	for (int i = 0; i < BUFFERS; i++) {
		(void)cap.map[i][0];
		cap.map[i][1] = 1;
	}
	video_close(&cap);
	return 0;
}
