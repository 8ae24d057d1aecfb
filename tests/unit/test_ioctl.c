/* SPDX-License-Identifier: MIT */
/* The library's ioctl table, compiled in with handlers that do nothing. */
#include <string.h>

#include "tests/unit/unit.h"

#if __has_include(<drm.h>)
#include "preload/ioctl_table.c"

#define HANDLER(name)                   \
	void name(struct ds_call *call) \
	{                               \
		(void)call;             \
	}
HANDLER(ds_v4l2_querybuf)
HANDLER(ds_v4l2_reqbufs_before)
HANDLER(ds_v4l2_reqbufs)
HANDLER(ds_v4l2_create_bufs)
HANDLER(ds_v4l2_remove_bufs_before)
HANDLER(ds_v4l2_remove_bufs)
HANDLER(ds_v4l2_qbuf)
HANDLER(ds_v4l2_dqbuf)
HANDLER(ds_v4l2_expbuf)
HANDLER(ds_v4l2_streamoff_before)
HANDLER(ds_v4l2_streamoff)
HANDLER(ds_request_queue)
HANDLER(ds_request_reinit)
HANDLER(ds_dmabuf_sync)
HANDLER(ds_dmabuf_export_fence)
HANDLER(ds_dmabuf_import_fence)
HANDLER(ds_heap_alloc)
HANDLER(ds_udmabuf_create)
HANDLER(ds_udmabuf_create_list)
HANDLER(ds_drm_gem_close)
HANDLER(ds_drm_create_dumb)
HANDLER(ds_drm_map_dumb)
HANDLER(ds_drm_destroy_dumb)
HANDLER(ds_drm_prime_export)
HANDLER(ds_drm_prime_import)
HANDLER(ds_drm_addfb)
HANDLER(ds_drm_addfb2)
HANDLER(ds_drm_rmfb)
HANDLER(ds_drm_dirtyfb)
HANDLER(ds_drm_setcrtc)
HANDLER(ds_drm_setplane)
HANDLER(ds_drm_page_flip)
HANDLER(ds_drm_getproperty)
HANDLER(ds_drm_atomic)
HANDLER(ds_drm_vgem_attach)
HANDLER(ds_drm_waited)
HANDLER(ds_drm_syncobj_create)
HANDLER(ds_drm_syncobj_destroy)
HANDLER(ds_drm_syncobj_export)
HANDLER(ds_drm_syncobj_import)

#undef IOCTL
#undef IOCTL0
#undef IOCTL0_FN
#undef ON
#define IOCTL(request, type, before, after) {#request, (uint32_t)(request), before, after},
#define IOCTL0(request)			    {#request, (uint32_t)(request), NULL, NULL},
#define IOCTL0_FN(request, before, after)   {#request, (uint32_t)(request), before, after},
static const struct row {
	const char *name;
	uint32_t request;
	void (*before)(struct ds_call *call), (*after)(struct ds_call *call);
} all[] = {
#include "preload/ioctl_dmabuf.def"
#include "preload/ioctl_drm.def"
#include "preload/ioctl_heap.def"
#include "preload/ioctl_media.def"
#include "preload/ioctl_udmabuf.def"
#include "preload/ioctl_v4l2.def"
};

static void test_every_row(void)
{
	for (unsigned i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		const struct ds_ioctl *row = ds_ioctl_find(all[i].request);

		if (!UNIT_CHECK(row, "%s is not found", all[i].name))
			continue;
		UNIT_CHECK(!strcmp(row->name, all[i].name), "%s is found as %s", all[i].name,
			   row->name);
		CU_ASSERT(row->before == all[i].before && row->after == all[i].after);
	}
}

static void test_kinds(void)
{
	CU_ASSERT_EQUAL(ds_ioctl_find(VIDIOC_QBUF)->on, DS_FD_VIDEO);
	CU_ASSERT_EQUAL(ds_ioctl_find((uint32_t)DMA_BUF_IOCTL_SYNC)->on, DS_FD_DMABUF);
	CU_ASSERT_EQUAL(ds_ioctl_find((uint32_t)DRM_IOCTL_PRIME_HANDLE_TO_FD)->on, DS_FD_DRM);
	CU_ASSERT_EQUAL(ds_ioctl_find((uint32_t)DMA_HEAP_IOCTL_ALLOC)->on, DS_FD_OTHER);
	CU_ASSERT_EQUAL(ds_ioctl_find((uint32_t)UDMABUF_CREATE)->on, DS_FD_OTHER);
}

static void test_unknown(void)
{
	CU_ASSERT_PTR_NULL(ds_ioctl_find(0));
	CU_ASSERT_PTR_NULL(ds_ioctl_find(UINT32_MAX));
	CU_ASSERT_PTR_NULL(ds_ioctl_find(_IO('V', 255)));
	CU_ASSERT_PTR_NULL(ds_ioctl_find(_IO('V', 1))); /* a hole between two rows */
	CU_ASSERT_PTR_NULL(ds_ioctl_find(_IO(DRM_IOCTL_BASE, 0x00)));
	CU_ASSERT_PTR_NULL(ds_ioctl_find(_IO('T', _IOC_NR(VIDIOC_QBUF))));
	CU_ASSERT_PTR_NULL(ds_ioctl_find(0x5413)); /* TIOCGWINSZ */
}

/* Another size or direction is another request, but DRM extends its structs. */
static void test_sizes(void)
{
	uint32_t nr = _IOC_NR(DRM_IOCTL_PRIME_FD_TO_HANDLE);

	CU_ASSERT_PTR_NULL(
		ds_ioctl_find(_IOC(_IOC_READ | _IOC_WRITE, 'V', _IOC_NR(VIDIOC_QBUF), 8)));
	CU_ASSERT_PTR_NULL(ds_ioctl_find(_IO('V', _IOC_NR(VIDIOC_QBUF))));
	CU_ASSERT_PTR_NULL(ds_ioctl_find(_IOR('b', 0, uint32_t)));
	CU_ASSERT_PTR_NOT_NULL(ds_ioctl_find(_IOC(_IOC_READ, DRM_IOCTL_BASE, nr, 64)));
}

CU_TestInfo unit_ioctl[] = {
	{"every row is found", test_every_row},
	{"kinds of descriptors", test_kinds},
	{"unknown requests", test_unknown},
	{"other sizes", test_sizes},
	CU_TEST_INFO_NULL,
};

#else

static void test_not_built(void)
{
	UNIT_CHECK(false, "<drm.h> is not in the include path: compile with the flags of libdrm");
}

CU_TestInfo unit_ioctl[] = {
	{"the table is compiled in", test_not_built},
	CU_TEST_INFO_NULL,
};

#endif
