/* SPDX-License-Identifier: MIT */
/* Replays the lines of drivers into sg lists, attachments and buffers. */
#include "core/kernel_model.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <string.h>

#include "core/hash.h"
#include "core/ownership.h"

#define MAX_UNMAPPED 65536 /* lists that are remembered although they are not mapped */

#define NUM(line, field) ((line)->number[DS_KNUM_##field])

void ds_kernel_model_init(struct ds_kernel_model *m, const char *arch)
{
	*m = (struct ds_kernel_model){
		.sg = {.size = sizeof(struct ds_kernel_sg)},
		.attachment = {.size = sizeof(struct ds_kernel_attachment)},
		.device = {.size = sizeof(struct ds_kernel_device)},
		.buffer = {.size = sizeof(struct ds_kernel_buffer)},
		.vb2 = {.size = sizeof(struct ds_kernel_vb2)},
		.arch = arch,
	};
}

void ds_kernel_model_finish(struct ds_kernel_model *m)
{
	ds_keymap_finish(&m->sg);
	ds_keymap_finish(&m->attachment);
	ds_keymap_finish(&m->device);
	ds_keymap_finish(&m->buffer);
	ds_keymap_finish(&m->vb2);
}

/* ---- looking ---- */

static uint64_t sg_key(const struct ds_kernel_line *line)
{
	return ds_hash_text(ds_hash_u64(DS_HASH_INIT, NUM(line, obj)), line->dev);
}

static uint64_t device_key(const struct ds_kernel_line *line)
{
	return ds_hash_text(DS_HASH_INIT, line->dev);
}

static bool begins(const char *frame, size_t len, const char *name)
{
	size_t n = strlen(name);

	return len > n && !memcmp(frame, name, n);
}

static void look_at_stack(const struct ds_kernel_reader *reader, size_t place,
			  struct ds_kernel_ctx *ret)
{
	static const char *const block[] = {"blk_",	"__blk_", "scsi_",  "nvme_", "ata_",
					    "virtblk_", "mmc_",	  "sdhci_", "usb_",  "virtqueue_"};
	const char *frame;
	size_t len;

	while ((len = ds_kernel_frame(reader, &place, &frame))) {
		ret->by_exporter |= begins(frame, len, "dma_buf_begin_cpu_access+") ||
				    begins(frame, len, "dma_buf_end_cpu_access+");
		for (size_t i = 0; i < sizeof(block) / sizeof(block[0]); i++)
			ret->block_layer |= begins(frame, len, block[i]);
	}
}

/* Cacheability bits of a page's protection, plus 1; 0 where their meaning is not known. */
static uint64_t cacheability(const char *arch, const struct ds_kernel_line *line)
{
	if (!(line->has >> DS_KNUM_prot & 1))
		return 0;
	if (!strcmp(arch, "x86_64")) /* PWT, PCD, PAT: arch/x86/include/asm/pgtable_types.h */
		return (NUM(line, prot) & 0x98) + 1;
	if (!strcmp(arch, "aarch64")) /* AttrIndx: arch/arm64/include/asm/pgtable-hwdef.h */
		return (NUM(line, prot) >> 2 & 7) + 1;
	return 0;
}

void ds_kernel_model_look(const struct ds_kernel_model *m, const struct ds_kernel_reader *reader,
			  const struct ds_kernel_line *line, size_t place,
			  struct ds_kernel_ctx *ret)
{
	*ret = (struct ds_kernel_ctx){.line = line};
	switch (line->event) {
	case DS_KEV_DMA_MAP_SG:
	case DS_KEV_DMA_UNMAP_SG:
	case DS_KEV_DMA_SYNC_SG:
		look_at_stack(reader, place, ret);
		ret->sg = ds_keymap_find(&m->sg, sg_key(line));
		break;
	case DS_KEV_DETACH:
	case DS_KEV_MAP:
	case DS_KEV_UNMAP: ret->attachment = ds_keymap_find(&m->attachment, NUM(line, obj)); break;
	case DS_KEV_BOUNCE: ret->device = ds_keymap_find(&m->device, device_key(line)); break;
	case DS_KEV_MMAP:
	case DS_KEV_MMAP_DEVICE:
		ret->cache = NUM(line, ret) ? 0 : cacheability(m->arch, line);
		break;
	default: break;
	}
	ret->buffer = ds_keymap_find(&m->buffer, NUM(line, ino));
}

/* ---- taking effect ---- */

/* Lists that are not mapped are only remembered for a second unmap: the oldest need not be. */
static void forget_unmapped(struct ds_kernel_model *m)
{
	uint32_t at = 0;
	struct ds_kernel_sg *sg;

	if (m->unmapped < MAX_UNMAPPED)
		return;
	while ((sg = ds_keymap_next(&m->sg, &at)))
		if (!sg->mapped) {
			ds_keymap_remove(&m->sg, sg->key);
			at--; /* removal may have moved the next one here */
		}
	m->unmapped = 0;
}

static int on_sg(struct ds_kernel_model *m, const struct ds_kernel_ctx *ctx, size_t place)
{
	const struct ds_kernel_line *line = ctx->line;
	struct ds_kernel_sg *sg;
	bool map = line->event == DS_KEV_DMA_MAP_SG, known = ctx->sg;

	if (line->event == DS_KEV_DMA_SYNC_SG || NUM(line, ret))
		return 0;
	forget_unmapped(m);
	sg = ds_keymap_get(&m->sg, sg_key(line));
	if (!sg)
		return -ENOMEM;
	if (!map && (!known || sg->mapped))
		m->unmapped++;
	if (map && known && !sg->mapped && m->unmapped)
		m->unmapped--;
	sg->mapped = map;
	sg->hidden |= ctx->block_layer || !line->pid; /* the idle task: an interrupt */
	if (map) {
		sg->n = NUM(line, n);
		sg->dir = NUM(line, dir);
		sg->map_place = place;
	} else {
		sg->unmap_place = place;
	}
	return 0;
}

static struct ds_kernel_buffer *buffer_get(struct ds_kernel_model *m, uint64_t inode)
{
	return ds_keymap_get(&m->buffer, inode);
}

static int on_attach(struct ds_kernel_model *m, const struct ds_kernel_line *line, size_t place)
{
	struct ds_kernel_attachment *a = ds_keymap_get(&m->attachment, NUM(line, obj));
	struct ds_kernel_buffer *b = buffer_get(m, NUM(line, ino));
	struct ds_kernel_device *d = ds_keymap_get(&m->device, device_key(line));

	if (!a || !b || !d)
		return NUM(line, obj) && NUM(line, ino) ? -ENOMEM : 0;
	if (!d->attached++) {
		d->inode = NUM(line, ino);
		d->attach_place = place;
	}
	*a = (struct ds_kernel_attachment){.obj = NUM(line, obj), .inode = NUM(line, ino)};
	b->attached++;
	b->attach_place = place;
	return 0;
}

static void on_detach(struct ds_kernel_model *m, const struct ds_kernel_ctx *ctx)
{
	const struct ds_kernel_attachment *a = ctx->attachment;
	struct ds_kernel_buffer *b = a ? ds_keymap_find(&m->buffer, a->inode) : NULL;
	struct ds_kernel_device *d = a ? ds_keymap_find(&m->device, device_key(ctx->line)) : NULL;

	if (d)
		d->attached -= d->attached > 0;

	if (b) {
		b->attached -= b->attached > 0;
		b->mapped -= b->mapped < a->maps ? b->mapped : a->maps;
	}
	ds_keymap_remove(&m->attachment, NUM(ctx->line, obj));
}

static void on_map(struct ds_kernel_model *m, const struct ds_kernel_line *line, size_t place)
{
	struct ds_kernel_attachment *a = ds_keymap_find(&m->attachment, NUM(line, obj));
	struct ds_kernel_buffer *b = a ? ds_keymap_find(&m->buffer, a->inode) : NULL;
	bool map = line->event == DS_KEV_MAP;

	if (!a || !b || NUM(line, ret) || (!map && !a->maps))
		return;
	if (map) {
		a->maps++;
		b->mapped++;
		a->map_place = b->map_place = place;
		if (!a->first_place)
			a->first_place = place;
		a->worked = NUM(line, effect) == DS_EFFECT_PERFORMED;
	} else {
		a->maps--;
		a->rounds += a->worked && !a->maps;
		b->mapped -= b->mapped > 0;
	}
}

static int on_vb2(struct ds_kernel_model *m, const struct ds_kernel_line *line, size_t place)
{
	struct ds_kernel_vb2 *vb = ds_keymap_find(&m->vb2, NUM(line, obj));
	struct ds_kernel_buffer *b;

	if (line->event == DS_KEV_VB2_IMPORT || line->event == DS_KEV_VB2_EXPORT) {
		vb = ds_keymap_get(&m->vb2, NUM(line, obj));
		if (!vb)
			return NUM(line, obj) ? -ENOMEM : 0;
		vb->inode = NUM(line, ino);
		return 0;
	}
	b = vb ? buffer_get(m, vb->inode) : NULL;
	if (!b)
		return 0;
	b->queued_use = 0;
	if (line->event == DS_KEV_VB2_QUEUE) {
		b->queued_use =
			V4L2_TYPE_IS_OUTPUT(NUM(line, type)) ? DS_DEVICE_READS : DS_DEVICE_WRITES;
		b->queue_place = place;
	}
	return 0;
}

static void on_kernel_access(struct ds_kernel_model *m, const struct ds_kernel_line *line,
			     size_t place)
{
	struct ds_kernel_buffer *b = buffer_get(m, NUM(line, ino));

	if (!b)
		return;
	if (line->event == DS_KEV_KCPU_BEGIN) {
		b->cpu++;
		b->cpu_place = place;
	} else {
		b->cpu -= b->cpu > 0;
	}
}

static void on_mmap(struct ds_kernel_model *m, const struct ds_kernel_ctx *ctx, size_t place)
{
	struct ds_kernel_buffer *b = ctx->cache ? buffer_get(m, NUM(ctx->line, ino)) : NULL;

	if (!b || b->cache)
		return;
	b->cache = ctx->cache;
	b->mmap_place = place;
}

int ds_kernel_model_step(struct ds_kernel_model *m, const struct ds_kernel_ctx *ctx, size_t place)
{
	const struct ds_kernel_line *line = ctx->line;

	switch (line->event) {
	case DS_KEV_DMA_MAP_SG:
	case DS_KEV_DMA_UNMAP_SG: return on_sg(m, ctx, place);
	case DS_KEV_ATTACH: return on_attach(m, line, place);
	case DS_KEV_DETACH: on_detach(m, ctx); return 0;
	case DS_KEV_MAP:
	case DS_KEV_UNMAP: on_map(m, line, place); return 0;
	case DS_KEV_VB2_IMPORT:
	case DS_KEV_VB2_EXPORT:
	case DS_KEV_VB2_QUEUE:
	case DS_KEV_VB2_DONE: return on_vb2(m, line, place);
	case DS_KEV_KCPU_BEGIN:
	case DS_KEV_KCPU_END: on_kernel_access(m, line, place); return 0;
	case DS_KEV_MMAP:
	case DS_KEV_MMAP_DEVICE: on_mmap(m, ctx, place); return 0;
	case DS_KEV_RELEASE: ds_keymap_remove(&m->buffer, NUM(line, ino)); return 0;
	default: return 0;
	}
}
