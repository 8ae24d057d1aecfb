/* SPDX-License-Identifier: MIT */
/*
 * Rows of the ioctl_*.def files by (type, number).  A row whose struct does not have the size that
 * its request encodes does not compile, nor does a second row for the same number.
 */
#include "preload/ioctl.h"

#include <drm.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/media.h>
#include <linux/udmabuf.h>
#include <linux/videodev2.h>
#include <stddef.h>

#include "preload/fence.h"
#include "preload/video.h"

/* Newer than the libdrm of Debian 12, and there in that of Debian 13. */
struct ds_drm_closefb {
	uint32_t fb_id, pad;
};
#ifndef DRM_IOCTL_MODE_CLOSEFB
#define DRM_IOCTL_MODE_CLOSEFB DRM_IOWR(0xD0, struct ds_drm_closefb)
#endif

#define CHECK(request_, type_) \
	_Static_assert(_IOC_SIZE(request_) == sizeof(type_), #request_ " names its own struct");
#define IOCTL(request_, type_, before_, after_) CHECK(request_, type_)
#define IOCTL0(request_)			_Static_assert(!_IOC_SIZE(request_), "no struct");
#define IOCTL0_FN(request_, before_, after_)	IOCTL0(request_)
#include "preload/ioctl_dmabuf.def"
#include "preload/ioctl_drm.def"
#include "preload/ioctl_heap.def"
#include "preload/ioctl_media.def"
#include "preload/ioctl_udmabuf.def"
#include "preload/ioctl_v4l2.def"
#undef IOCTL
#undef IOCTL0
#undef IOCTL0_FN

/* the name is taken before the request is expanded: what # sees must be the row's own word */
#define ROW(name_, request_, before_, after_)                   \
	[_IOC_NR(request_)] = {.name = name_,                   \
			       .request = (uint32_t)(request_), \
			       .on = ON,                        \
			       .before = before_,               \
			       .after = after_},
#define IOCTL(request_, type_, before_, after_) ROW(#request_, request_, before_, after_)
#define IOCTL0(request_)			ROW(#request_, request_, NULL, NULL)
#define IOCTL0_FN(request_, before_, after_)	ROW(#request_, request_, before_, after_)

#define ON DS_FD_VIDEO
static const struct ds_ioctl v4l2[] = {
#include "preload/ioctl_v4l2.def"
};
#undef ON
#define ON DS_FD_DMABUF
static const struct ds_ioctl dmabuf[] = {
#include "preload/ioctl_dmabuf.def"
};
#undef ON
#define ON DS_FD_OTHER /* the answer is a dma-buf; the node itself carries none */
static const struct ds_ioctl heap[] = {
#include "preload/ioctl_heap.def"
};
static const struct ds_ioctl udmabuf[] = {
#include "preload/ioctl_udmabuf.def"
};
static const struct ds_ioctl media[] = {
#include "preload/ioctl_media.def"
};
#undef ON
#define ON DS_FD_DRM
static const struct ds_ioctl drm[] = {
#include "preload/ioctl_drm.def"
};
#undef ON

struct family {
	bool any_size; /* the kernel accepts other struct sizes than today's */
	unsigned rows;
	const struct ds_ioctl *row;
};

/* by the type byte of a request: one load tells that a request concerns nobody here */
#define FAMILY(type_, any_, table_) \
	[(unsigned char)(type_)] = {any_, sizeof(table_) / sizeof(table_[0]), table_}
static const struct family families[256] = {
	FAMILY('V', false, v4l2),  FAMILY(DMA_BUF_BASE, false, dmabuf),
	FAMILY('H', false, heap),  FAMILY('u', false, udmabuf),
	FAMILY('|', false, media), FAMILY(DRM_IOCTL_BASE, true, drm),
};

static bool matches(const struct family *f, const struct ds_ioctl *row, uint32_t request)
{
	return row->name && (f->any_size || row->request == request);
}

const struct ds_ioctl *ds_ioctl_find(uint32_t request)
{
	const struct family *f = &families[_IOC_TYPE(request)];
	unsigned nr = _IOC_NR(request);

	return nr < f->rows && matches(f, &f->row[nr], request) ? &f->row[nr] : NULL;
}
