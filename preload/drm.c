/* SPDX-License-Identifier: MIT */
/*
 * DRM files and GEM handles: which buffer a handle names, where it is exported, imported, mapped.
 *
 * Handles belong to an open file.  Those of drivers' own allocation calls are not known; their
 * buffers are followed from the moment at which they become a dma-buf.
 */
#include "preload/drm.h"

#include <drm.h>
#include <drm_mode.h>
#include <errno.h>
#include <string.h>

#include "preload/coherency.h"
#include "preload/fence.h"
#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/text.h"
#include "preload/video.h"

#ifndef KCMP_FILE
#define KCMP_FILE 0 /* <linux/kcmp.h> */
#endif

struct file {
	uint32_t number;
	uint32_t refs; /* descriptors of this process */
	int fd;	       /* one of them, to compare others with */
	uint32_t card;
};

struct handle {
	uint32_t number;
	uint32_t next_free;
	uint32_t file; /* 0 = free */
	uint32_t handle;
	uint32_t buffer;
	uint64_t offset; /* for mmap, 0 = none was given out */
};

static struct ds_table files = {.size = sizeof(struct file)};
static struct ds_table cards = {.size = sizeof(struct ds_card)};
static struct ds_table handles = {.size = sizeof(struct handle)};
static uint32_t free_handles;

/* ---- files ---- */

static bool same_file(int a, int b)
{
	long pid = DS_SYS(getpid);

	return a == b || !DS_SYS(kcmp, pid, pid, KCMP_FILE, a, b);
}

/*
 * Drivers whose framebuffers have a `dirty` operation because nobody sees what the CPU draws before it
 * (drivers/gpu/drm: drm_atomic_helper_dirtyfb, drm_gem_fb_create_with_dirty).  Of others nothing is
 * known, and nothing is said.
 */
static bool shows_copies(const char *driver)
{
	static const char *const names[] = {"virtio_gpu", "qxl",    "vmwgfx",	 "hyperv_drm",
					    "udl",	  "gud",    "simpledrm", "ofdrm",
					    "ast",	  "mgag200"};

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(names[i], driver))
			return true;
	return false;
}

static void ask_driver(struct ds_card *c, int fd)
{
	char name[32] = "";
	struct drm_version v = {.name = name, .name_len = sizeof(name) - 1};

	if (DS_SYS(ioctl, fd, DRM_IOCTL_VERSION, &v))
		return;
	c->vgem = !strcmp(name, "vgem");
	c->copies = shows_copies(name);
}

static uint32_t card_of(int fd, uint64_t rdev)
{
	struct ds_card *c;
	uint32_t number;

	for (uint32_t i = 1; i <= cards.used; i++) {
		c = ds_table_at(&cards, i);
		if (c->rdev == rdev)
			return i;
	}
	c = ds_table_new(&cards, &number);
	if (!c)
		return 0;
	*c = (struct ds_card){.rdev = rdev, .actor = ds_actor_new()};
	ask_driver(c, fd);
	ds_emit((struct ds_event){
		.type = DS_EV_DEVICE, .actor = c->actor, .a = ds_text_fd_path(fd), .b = rdev});
	return number;
}

void ds_drm_introduce(void)
{
	for (uint32_t i = 1; i <= cards.used; i++) {
		const struct ds_card *c = ds_table_at(&cards, i);

		ds_emit((struct ds_event){.type = DS_EV_DEVICE, .actor = c->actor, .b = c->rdev});
	}
}

uint32_t ds_drm_file(int fd, uint64_t rdev)
{
	uint32_t number, card = card_of(fd, rdev);
	struct file *f;

	for (uint32_t i = files.used; i > 0; i--) {
		f = ds_table_at(&files, i);
		if (f->refs && f->card == card && f->fd != fd && same_file(f->fd, fd)) {
			f->refs++;
			return i;
		}
	}
	f = ds_table_new(&files, &number);
	if (!f)
		return 0;
	*f = (struct file){.number = number, .refs = 1, .fd = fd, .card = card};
	return number;
}

uint32_t ds_drm_get(uint32_t file)
{
	struct file *f = ds_table_at(&files, file);

	if (f)
		f->refs++;
	return file;
}

static void drop_handle(struct handle *h)
{
	h->file = 0;
	h->next_free = free_handles;
	free_handles = h->number;
}

/* The last close frees all handles; mappings and dma-bufs keep their buffers. */
void ds_drm_put(uint32_t file)
{
	struct file *f = ds_table_at(&files, file);

	if (!f || !f->refs)
		return;
	f->refs--;
	if (f->refs)
		return;
	for (uint32_t i = 1; i <= handles.used; i++) {
		struct handle *h = ds_table_at(&handles, i);

		if (h->file == file)
			drop_handle(h);
	}
}

struct ds_card *ds_drm_card(uint32_t file)
{
	const struct file *f = ds_table_at(&files, file);

	return f ? ds_table_at(&cards, f->card) : NULL;
}

static uint32_t file_of(const struct ds_call *call)
{
	return call->error || !call->f || call->f->kind != DS_FD_DRM ? 0 : call->f->object;
}

struct ds_card *ds_drm_card_of(const struct ds_call *call)
{
	return ds_drm_card(file_of(call));
}

/* ---- handles ---- */

static struct handle *find(uint32_t file, uint32_t handle)
{
	for (uint32_t i = 1; file && i <= handles.used; i++) {
		struct handle *h = ds_table_at(&handles, i);

		if (h->file == file && h->handle == handle)
			return h;
	}
	return NULL;
}

uint32_t ds_drm_handle(uint32_t file, uint32_t handle)
{
	const struct handle *h = find(file, handle);

	return h ? h->buffer : 0;
}

static void set_handle(uint32_t file, uint32_t handle, uint32_t buffer)
{
	struct handle *h = find(file, handle);
	uint32_t number = free_handles;

	if (!file || !buffer)
		return;
	if (!h && free_handles) {
		h = ds_table_at(&handles, free_handles);
		free_handles = h->next_free;
	} else if (!h) {
		h = ds_table_new(&handles, &number);
	} else {
		number = h->number;
	}
	if (!h)
		ds_note_missed(DS_MISSED_TABLE_FULL, 0);
	else
		*h = (struct handle){
			.number = number, .file = file, .handle = handle, .buffer = buffer};
}

static void close_handle(const struct ds_call *call, uint32_t handle)
{
	struct handle *h = find(file_of(call), handle);

	if (h)
		drop_handle(h);
}

void ds_drm_gem_close(struct ds_call *call)
{
	close_handle(call, ((const struct drm_gem_close *)call->arg)->handle);
}

void ds_drm_destroy_dumb(struct ds_call *call)
{
	close_handle(call, ((const struct drm_mode_destroy_dumb *)call->arg)->handle);
}

void ds_drm_create_dumb(struct ds_call *call)
{
	const struct drm_mode_create_dumb *dumb = call->arg;
	const struct ds_card *card = ds_drm_card_of(call);
	struct ds_buf *b;

	if (!card)
		return;
	b = ds_buf_new(DS_KIND_DRM, 0, dumb->size, dumb->handle, card->actor, false, 0);
	set_handle(file_of(call), dumb->handle, b ? b->number : 0);
}

void ds_drm_map_dumb(struct ds_call *call)
{
	const struct drm_mode_map_dumb *map = call->arg;
	struct handle *h = find(file_of(call), map->handle);

	if (h)
		h->offset = map->offset;
}

/* Offsets are the card's: mmap finds them whichever file named them. */
bool ds_drm_mapped(uint32_t file, uint64_t offset, uintptr_t addr, size_t len, int prot)
{
	const struct ds_card *card = ds_drm_card(file);

	for (uint32_t i = 1; card && i <= handles.used; i++) {
		const struct handle *h = ds_table_at(&handles, i);
		struct ds_buf *b = ds_buf_at(h->buffer);

		if (!h->file || !b || h->offset != offset || ds_drm_card(h->file) != card ||
		    !offset)
			continue;
		if (ds_emulating())
			ds_shadow_none(b, true, "DRM memory is write-combined or coherent");
		return ds_map_add(b, DS_ORIGIN_DRM, addr, len, 0, prot);
	}
	return false;
}

/* ---- fences ---- */

void ds_drm_vgem_attach(struct ds_call *call)
{
	const struct ds_vgem_attach *attach = call->arg;
	const struct ds_card *card = ds_drm_card_of(call);

	if (card && card->vgem) /* the number is another call of other drivers */
		ds_fence_added(ds_buf_at(ds_drm_handle(file_of(call), attach->handle)), card->actor,
			       call->name);
}

void ds_drm_waited(struct ds_call *call)
{
	if (!call->error && atomic_load(&ds_fences))
		ds_fences_look();
}

/* ---- PRIME ---- */

void ds_drm_prime_export(struct ds_call *call)
{
	const struct drm_prime_handle *prime = call->arg;
	uint32_t file = file_of(call), buffer = ds_drm_handle(file, prime->handle);

	if (!file)
		return;
	buffer = ds_fd_born_dmabuf(prime->fd, buffer, DS_KIND_DRM, call->name);
	if (!ds_drm_handle(file, prime->handle))
		set_handle(file, prime->handle, buffer);
}

/* An import: from now on a device may see the buffer, though it does not use it yet. */
void ds_drm_prime_import(struct ds_call *call)
{
	const struct drm_prime_handle *prime = call->arg;
	const struct ds_card *card = ds_drm_card_of(call);
	struct ds_fd *f = call->error ? NULL : ds_fd_learn(prime->fd);

	if (call->error == EBADF && call->f && call->f->kind == DS_FD_DRM &&
	    ds_fd_is_stale(prime->fd))
		ds_emit((struct ds_event){.type = DS_EV_STALE,
					  .stack = ds_stack_here(),
					  .buffer = ds_fd_peek(prime->fd)->was_buffer,
					  .result = call->error,
					  .a = (uint64_t)prime->fd,
					  .c = DS_STALE_FD,
					  .d = call->name});
	if (!f || f->kind != DS_FD_DMABUF || !card)
		return;
	if (!ds_drm_handle(file_of(call), prime->handle))
		set_handle(file_of(call), prime->handle, f->object);
	ds_emit((struct ds_event){.type = DS_EV_CLAIM,
				  .stack = ds_stack_here(),
				  .buffer = f->object,
				  .actor = card->actor,
				  .d = call->name});
}
