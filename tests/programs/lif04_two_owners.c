/* SPDX-License-Identifier: MIT */
/*
 * LIF04: a consumer that was only lent a descriptor closes it; its owner's close fails.
 * rule: LIF04
 * severity: error
 * devices: heap vivid
 */
#include "common.h"

#include <unistd.h>

static void show(const struct video *out, int fd)
{
	video_queue(out, 0, fd);
	if (!TWIN)
		close(fd);
}

int main(void)
{
	struct video out;
	int fd;

	case_begin();
	video_open(&out, V4L2_BUF_TYPE_VIDEO_OUTPUT, V4L2_MEMORY_DMABUF);
	fd = dbuf_alloc(out.size);
	show(&out, fd);
	close(fd); /* EXPECT LIF04 */
	video_close(&out);
	return 0;
}
