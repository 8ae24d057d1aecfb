// SPDX-License-Identifier: MIT
/*
 * Commits one mistake of a driver on demand, or does the same thing right: the counterpart of the
 * rules KRN01 to KRN05 and KRN07. Write the name of a case to /sys/kernel/debug/dmasan_test/run; with "-twin"
 * behind it the correct form runs. Made for a throw-away virtual machine: some cases leak.
 */
#include <linux/debugfs.h>
#include <linux/dma-buf.h>
#include <linux/dma-fence.h>
#include <linux/dma-mapping.h>
#include <linux/dma-resv.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>

#define PAGES 4

static struct platform_device *device;
static struct dentry *dir;

/* ---- an exporter of a few pages ---- */

struct pages {
	struct page *page[PAGES];
};

static struct sg_table *pages_map(struct dma_buf_attachment *a, enum dma_data_direction d)
{
	struct pages *p = a->dmabuf->priv;
	struct sg_table *t = kzalloc(sizeof(*t), GFP_KERNEL);
	int err;

	if (!t)
		return ERR_PTR(-ENOMEM);
	err = sg_alloc_table_from_pages(t, p->page, PAGES, 0, PAGES * PAGE_SIZE, GFP_KERNEL);
	if (!err)
		err = dma_map_sgtable(a->dev, t, d, 0);
	if (!err)
		return t;
	sg_free_table(t);
	kfree(t);
	return ERR_PTR(err);
}

static void pages_unmap(struct dma_buf_attachment *a, struct sg_table *t, enum dma_data_direction d)
{
	dma_unmap_sgtable(a->dev, t, d, 0);
	sg_free_table(t);
	kfree(t);
}

static void pages_release(struct dma_buf *b)
{
	struct pages *p = b->priv;

	for (int i = 0; i < PAGES; i++)
		__free_page(p->page[i]);
	kfree(p);
}

static int pages_cpu(struct dma_buf *b, enum dma_data_direction d)
{
	return 0;
}

/* Where it says so, the second mapping of a buffer is write-combined. Nobody touches its pages. */
static bool conflicting;

static int pages_mmap(struct dma_buf *b, struct vm_area_struct *vma)
{
	static unsigned int calls;

	if (conflicting && calls++ % 2)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);
	return 0;
}

static const struct dma_buf_ops pages_ops = {
	.map_dma_buf = pages_map,
	.unmap_dma_buf = pages_unmap,
	.release = pages_release,
	.mmap = pages_mmap,
	.begin_cpu_access = pages_cpu,
	.end_cpu_access = pages_cpu,
};

static struct pages *pages_alloc(void)
{
	struct pages *p = kzalloc(sizeof(*p), GFP_KERNEL);

	for (int i = 0; p && i < PAGES; i++) {
		p->page[i] = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (p->page[i])
			continue;
		while (i--)
			__free_page(p->page[i]);
		kfree(p);
		p = NULL;
	}
	return p;
}

static struct dma_buf *buffer_make(void)
{
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct pages *p = pages_alloc();

	if (!p)
		return ERR_PTR(-ENOMEM);
	info.ops = &pages_ops;
	info.size = PAGES * PAGE_SIZE;
	info.flags = O_RDWR;
	info.priv = p;
	return dma_buf_export(&info);
}

/* ---- KRN01, KRN02: a driver with an sg list of its own ---- */

struct list {
	struct pages *pages;
	struct sg_table table;
};

/* Two entries, so that one can be forgotten: pages may lie side by side and merge. */
static int list_make(struct list *l)
{
	int err = -ENOMEM;

	l->pages = pages_alloc();
	if (l->pages)
		err = sg_alloc_table(&l->table, 2, GFP_KERNEL);
	if (err)
		return err;
	sg_set_page(l->table.sgl, l->pages->page[0], PAGE_SIZE, 0);
	sg_set_page(sg_next(l->table.sgl), l->pages->page[2], PAGE_SIZE, 0);
	return dma_map_sgtable(&device->dev, &l->table, DMA_FROM_DEVICE, 0);
}

static void list_free(struct list *l)
{
	sg_free_table(&l->table);
	for (int i = 0; i < PAGES; i++)
		__free_page(l->pages->page[i]);
	kfree(l->pages);
}

static void unmap(struct list *l, int entries, enum dma_data_direction d)
{
	dma_unmap_sg_attrs(&device->dev, l->table.sgl, entries, d, 0);
}

static int run_unmapped_twice(bool twin)
{
	struct list l;
	int err = list_make(&l);

	if (err)
		return err;
	unmap(&l, 2, DMA_FROM_DEVICE);
	if (!twin)
		unmap(&l, 2, DMA_FROM_DEVICE);
	list_free(&l);
	return 0;
}

static int run_synced_late(bool twin)
{
	struct list l;
	int err = list_make(&l);

	if (err)
		return err;
	if (twin)
		dma_sync_sg_for_cpu(&device->dev, l.table.sgl, 2, DMA_FROM_DEVICE);
	unmap(&l, 2, DMA_FROM_DEVICE);
	if (!twin)
		dma_sync_sg_for_cpu(&device->dev, l.table.sgl, 2, DMA_FROM_DEVICE);
	list_free(&l);
	return 0;
}

static int run_direction(bool twin)
{
	struct list l;
	int err = list_make(&l);

	if (err)
		return err;
	unmap(&l, 2, twin ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
	list_free(&l);
	return 0;
}

static int run_entries(bool twin)
{
	struct list l;
	int err = list_make(&l);

	if (err)
		return err;
	unmap(&l, twin ? 2 : 1, DMA_FROM_DEVICE);
	list_free(&l);
	return 0;
}

static int run_sync_direction(bool twin)
{
	struct list l;
	int err = list_make(&l);

	if (err)
		return err;
	dma_sync_sg_for_cpu(&device->dev, l.table.sgl, 2, twin ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
	unmap(&l, 2, DMA_FROM_DEVICE);
	list_free(&l);
	return 0;
}

/* ---- KRN03, KRN05: an importer ---- */

/* An attachment that is given up while it is mapped: by a detach, or by nothing but the release. */
static int give_up_mapped(bool twin, bool detach)
{
	struct dma_buf *b = buffer_make();
	struct dma_buf_attachment *a;
	struct sg_table *t;

	if (IS_ERR(b))
		return PTR_ERR(b);
	a = dma_buf_attach(b, &device->dev);
	t = IS_ERR(a) ? NULL : dma_buf_map_attachment_unlocked(a, DMA_BIDIRECTIONAL);
	if (twin && !IS_ERR_OR_NULL(t))
		dma_buf_unmap_attachment_unlocked(a, t, DMA_BIDIRECTIONAL);
	if ((twin || detach) && !IS_ERR(a))
		dma_buf_detach(b, a);
	dma_buf_put(b);
	return PTR_ERR_OR_ZERO(a) ?: PTR_ERR_OR_ZERO(t);
}

static int run_detached_mapped(bool twin)
{
	return give_up_mapped(twin, true);
}

static int run_released_mapped(bool twin)
{
	return give_up_mapped(twin, false);
}

static int run_never_detached(bool twin)
{
	struct dma_buf *b = buffer_make();
	struct dma_buf_attachment *a;

	if (IS_ERR(b))
		return PTR_ERR(b);
	a = dma_buf_attach(b, &device->dev);
	if (twin && !IS_ERR(a))
		dma_buf_detach(b, a);
	dma_buf_put(b);
	return PTR_ERR_OR_ZERO(a);
}

/* ---- KRN04: CPU access in the kernel and another device's fence ---- */

static DEFINE_SPINLOCK(fence_lock);

static const char *fence_name(struct dma_fence *f)
{
	return "dmasan_test";
}

static const struct dma_fence_ops fence_ops = {
	.get_driver_name = fence_name,
	.get_timeline_name = fence_name,
};

static struct dma_fence *fence_make(void)
{
	struct dma_fence *f = kzalloc(sizeof(*f), GFP_KERNEL);

	if (f)
		dma_fence_init(f, &fence_ops, &fence_lock, dma_fence_context_alloc(1), 1);
	return f;
}

static int device_writes(struct dma_buf *b)
{
	struct dma_fence *f = fence_make();
	int err;

	if (!f)
		return -ENOMEM;
	err = dma_resv_lock(b->resv, NULL);
	if (!err)
		err = dma_resv_reserve_fences(b->resv, 1);
	if (!err)
		dma_resv_add_fence(b->resv, f, DMA_RESV_USAGE_WRITE);
	dma_resv_unlock(b->resv);
	dma_fence_signal(f);
	dma_fence_put(f);
	return err;
}

static int run_write_in_access(bool twin)
{
	struct dma_buf *b = buffer_make();
	int err;

	if (IS_ERR(b))
		return PTR_ERR(b);
	err = dma_buf_begin_cpu_access(b, DMA_FROM_DEVICE);
	if (!err && !twin)
		err = device_writes(b);
	if (!err)
		err = dma_buf_end_cpu_access(b, DMA_FROM_DEVICE);
	if (!err && twin)
		err = device_writes(b);
	dma_buf_put(b);
	return err;
}

/* ---- KRN04 again: a buffer that a queue has; the program says which ---- */

static int run_access(int fd)
{
	struct dma_buf *b = dma_buf_get(fd);
	int err;

	if (IS_ERR(b))
		return PTR_ERR(b);
	err = dma_buf_begin_cpu_access(b, DMA_FROM_DEVICE);
	if (!err)
		err = dma_buf_end_cpu_access(b, DMA_FROM_DEVICE);
	dma_buf_put(b);
	return err;
}

/* ---- ADV04: frame after frame through a buffer that the program says ---- */

#define FRAMES 12

static int run_frames(int fd, bool twin)
{
	struct dma_buf *b = dma_buf_get(fd);
	struct dma_buf_attachment *a;
	struct sg_table *t = NULL;
	int err = 0;

	if (IS_ERR(b))
		return PTR_ERR(b);
	a = dma_buf_attach(b, &device->dev);
	err = PTR_ERR_OR_ZERO(a);
	for (int i = 0; i < FRAMES && !err; i++) {
		if (!t)
			t = dma_buf_map_attachment_unlocked(a, DMA_TO_DEVICE);
		err = PTR_ERR_OR_ZERO(t);
		if (!twin && !err) {
			dma_buf_unmap_attachment_unlocked(a, t, DMA_TO_DEVICE);
			t = NULL;
		}
	}
	if (!IS_ERR_OR_NULL(t))
		dma_buf_unmap_attachment_unlocked(a, t, DMA_TO_DEVICE);
	if (!IS_ERR(a))
		dma_buf_detach(b, a);
	dma_buf_put(b);
	return err;
}

/* ---- KRN07: an exporter that maps one buffer in two ways ---- */

static int map_once(struct dma_buf *b)
{
	unsigned long at = vm_mmap(b->file, 0, PAGES * PAGE_SIZE, PROT_READ, MAP_SHARED, 0);

	return IS_ERR_VALUE(at) ? (int)at : vm_munmap(at, PAGES * PAGE_SIZE);
}

static int run_cacheability(bool twin)
{
	struct dma_buf *b = buffer_make();
	int err;

	if (IS_ERR(b))
		return PTR_ERR(b);
	conflicting = !twin;
	err = map_once(b) ?: map_once(b);
	conflicting = false;
	dma_buf_put(b);
	return err;
}

/* ---- debugfs ---- */

static const struct {
	const char *name;
	int (*run)(bool twin);
} cases[] = {
	{"krn01-unmap", run_unmapped_twice},	{"krn01-sync", run_synced_late},
	{"krn02-direction", run_direction},	{"krn02-entries", run_entries},
	{"krn02-sync", run_sync_direction},	{"krn03-detach", run_detached_mapped},
	{"krn04-fence", run_write_in_access},	{"krn05-attached", run_never_detached},
	{"krn03-release", run_released_mapped}, {"krn07-mmap", run_cacheability},
};

static int run_case(char *name)
{
	char *suffix = strstr(name, "-twin");
	int fd;

	if (sscanf(name, "krn04-queue %d", &fd) == 1)
		return run_access(fd);
	if (sscanf(name, "adv04 %d", &fd) == 1)
		return run_frames(fd, false);
	if (sscanf(name, "adv04-twin %d", &fd) == 1)
		return run_frames(fd, true);
	if (suffix)
		*suffix = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (!strcmp(cases[i].name, name))
			return cases[i].run(suffix);
	return -EINVAL;
}

static ssize_t run_write(struct file *f, const char __user *text, size_t n, loff_t *at)
{
	char name[32] = "";
	int err;

	if (n >= sizeof(name))
		return -EINVAL;
	if (copy_from_user(name, text, n))
		return -EFAULT;
	err = run_case(strim(name));
	return err ? err : n;
}

static const struct file_operations run_fops = {
	.owner = THIS_MODULE,
	.write = run_write,
};

/* The mask is set without dma_set_mask(): such a device is never marked as one that needs no sync. */
static int __init dmasan_test_init(void)
{
	struct platform_device_info info = {
		.name = "dmasan_test",
		.id = PLATFORM_DEVID_NONE,
		.dma_mask = DMA_BIT_MASK(64),
	};

	device = platform_device_register_full(&info);
	if (IS_ERR(device))
		return PTR_ERR(device);
	dir = debugfs_create_dir("dmasan_test", NULL);
	debugfs_create_file("run", 0200, dir, NULL, &run_fops);
	return 0;
}

static void __exit dmasan_test_exit(void)
{
	debugfs_remove_recursive(dir);
	platform_device_unregister(device);
}

module_init(dmasan_test_init);
module_exit(dmasan_test_exit);
MODULE_DESCRIPTION("DMA API and dma-buf mistakes on demand");
MODULE_LICENSE("Dual MIT/GPL");
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("DMA_BUF");
#else
MODULE_IMPORT_NS(DMA_BUF);
#endif
