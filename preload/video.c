/* SPDX-License-Identifier: MIT */
/* V4L2 files and queues: which open file owns which buffers, and where they are mapped. */
#include "preload/video.h"

#include "preload/coherency.h"
#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/text.h"

#ifndef KCMP_FILE
#define KCMP_FILE 0 /* <linux/kcmp.h> */
#endif

/* One open file description of a video node. */
struct file {
	uint32_t number;
	uint32_t refs; /* descriptors of this process */
	uint32_t maps; /* mappings that were made through it */
	int fd;	       /* one of them, to compare others with */
	uint64_t rdev;
	uint32_t path;
	uint32_t first_queue;
};

static struct ds_table files = {.size = sizeof(struct file)};
static struct ds_table queues = {.size = sizeof(struct ds_queue)};

/* Do two descriptors share one open file description?  Unknown (no kcmp) counts as no. */
static bool same_file(int a, int b)
{
	long pid = DS_SYS(getpid);

	return a == b || !DS_SYS(kcmp, pid, pid, KCMP_FILE, a, b);
}

uint32_t ds_video_file(int fd, uint64_t rdev)
{
	struct file *f;
	uint32_t number;

	for (uint32_t i = files.used; i > 0; i--) {
		f = ds_table_at(&files, i);
		if (f->refs && f->rdev == rdev && f->fd != fd && same_file(f->fd, fd)) {
			f->refs++;
			return i;
		}
	}
	f = ds_table_new(&files, &number);
	if (!f)
		return 0;
	*f = (struct file){.number = number, .refs = 1, .fd = fd, .rdev = rdev};
	f->path = ds_text_fd_path(fd);
	return number;
}

uint32_t ds_video_get(uint32_t file)
{
	struct file *f = ds_table_at(&files, file);

	if (f)
		f->refs++;
	return file;
}

/* The last close: nothing is queued any more. */
static void release_file(struct file *f, uint32_t name)
{
	for (uint32_t i = f->first_queue; i;) {
		struct ds_queue *q = ds_table_at(&queues, i);

		ds_queue_release_all(q, name);
		if (ds_emulating())
			ds_user_forget(q->number);
		i = q->next;
	}
	if (ds_emulating())
		ds_coherency_file_gone(f->number);
}

void ds_video_put(uint32_t file, uint32_t name)
{
	struct file *f = ds_table_at(&files, file);

	if (!f || !f->refs)
		return;
	f->refs--;
	if (!f->refs && !f->maps)
		release_file(f, name);
}

void ds_video_map_held(uint32_t file)
{
	struct file *f = ds_table_at(&files, file);

	if (f)
		f->maps++;
}

void ds_video_map_dropped(uint32_t file)
{
	struct file *f = ds_table_at(&files, file);

	if (!f || !f->maps)
		return;
	f->maps--;
	if (!f->maps && !f->refs)
		release_file(f, ds_text("munmap"));
}

void ds_slots_each(void (*fn)(struct ds_queue *q, struct ds_slot *s, uint32_t index, void *arg),
		   void *arg)
{
	for (uint32_t n = 1; n <= queues.used; n++) {
		struct ds_queue *q = ds_table_at(&queues, n);

		for (uint32_t i = 0; i < DS_SLOT_CHUNKS * DS_SLOTS_PER_CHUNK; i++) {
			struct ds_slot *s = ds_slot_at(q, i, false);

			if (s)
				fn(q, s, i, arg);
			else
				i |= DS_SLOTS_PER_CHUNK - 1;
		}
	}
}

static void introduce(const struct ds_queue *q, uint32_t path)
{
	const struct file *f = ds_table_at(&files, q->file);

	ds_emit((struct ds_event){.type = DS_EV_DEVICE,
				  .actor = q->number,
				  .a = path,
				  .b = f ? f->rdev : 0,
				  .c = q->type});
}

void ds_queues_introduce(void)
{
	for (uint32_t i = 1; i <= queues.used; i++) {
		const struct ds_queue *q = ds_table_at(&queues, i);
		struct file *f = ds_table_at(&files, q->file);

		if (!q->number) /* no queue: a device that has its own row elsewhere */
			continue;
		if (f && f->refs)
			f->path = ds_text_fd_path(f->fd);
		introduce(q, f && f->refs ? f->path : 0);
	}
}

static void disown(struct ds_queue *q, struct ds_slot *s, uint32_t index, void *arg)
{
	(void)q;
	(void)index;
	(void)arg;
	s->claimed = 0;
}

void ds_queues_disown(void)
{
	ds_slots_each(disown, NULL);
}

void ds_queue_note_shared(struct ds_queue *q, uint32_t index, uint32_t name)
{
	const struct file *f = ds_table_at(&files, q->file);

	if (q->shared || !f)
		return;
	q->shared = true;
	ds_emit((struct ds_event){.type = DS_EV_QUEUE_SHARED,
				  .stack = ds_stack_here(),
				  .actor = q->number,
				  .a = f->rdev,
				  .b = q->type,
				  .c = index,
				  .d = name});
}

bool ds_video_open(uint32_t file)
{
	const struct file *f = ds_table_at(&files, file);

	return f && f->refs;
}

bool ds_queue_open(uint32_t queue)
{
	const struct ds_queue *q = ds_table_at(&queues, queue);

	return q && ds_video_open(q->file);
}

uint32_t ds_actor_new(void)
{
	struct ds_queue *q;
	uint32_t number = 0;

	q = ds_table_new(&queues, &number);
	if (!q)
		ds_note_missed(DS_MISSED_TABLE_FULL, 0);
	return number;
}

struct ds_queue *ds_queue_of(uint32_t file, uint32_t type)
{
	struct file *f = ds_table_at(&files, file);
	struct ds_queue *q;
	uint32_t number;

	if (!f)
		return NULL;
	for (uint32_t i = f->first_queue; i; i = q->next) {
		q = ds_table_at(&queues, i);
		if (q->type == type)
			return q;
	}
	q = ds_table_new(&queues, &number);
	if (!q) {
		ds_note_missed(DS_MISSED_TABLE_FULL, 0);
		return NULL;
	}
	q->number = number;
	q->file = file;
	q->type = type;
	q->use = V4L2_TYPE_IS_OUTPUT(type) ? DS_DEVICE_READS : DS_DEVICE_WRITES;
	q->next = f->first_queue;
	f->first_queue = number;
	introduce(q, f->path);
	return q;
}

/* Let the index have a slot; NULL without memory. */
__attribute__((noinline)) static struct ds_slot *make_slot(struct ds_queue *q, uint32_t index)
{
	struct ds_slot **chunk = &q->chunk[index / DS_SLOTS_PER_CHUNK], *s;

	if (!*chunk)
		*chunk = ds_sys_pages(sizeof(struct ds_slot) * DS_SLOTS_PER_CHUNK);
	if (!*chunk)
		return NULL;
	s = *chunk + index % DS_SLOTS_PER_CHUNK;
	s->present = true;
	s->planes = V4L2_TYPE_IS_MULTIPLANAR(q->type) ? 0 : 1;
	for (int p = 0; p < VIDEO_MAX_PLANES; p++)
		s->plane[p] =
			(struct ds_plane){.buffer = s->plane[p].buffer, .offset = DS_NO_OFFSET};
	return s;
}

struct ds_slot *ds_slot_at(struct ds_queue *q, uint32_t index, bool make)
{
	struct ds_slot *chunk;

	if (index >= DS_SLOT_CHUNKS * DS_SLOTS_PER_CHUNK)
		return NULL;
	chunk = q->chunk[index / DS_SLOTS_PER_CHUNK];
	if (chunk && (!make || chunk[index % DS_SLOTS_PER_CHUNK].present))
		return &chunk[index % DS_SLOTS_PER_CHUNK];
	return make ? make_slot(q, index) : NULL;
}

void ds_queue_reset(struct ds_queue *q)
{
	for (uint32_t i = 0; i < DS_SLOT_CHUNKS * DS_SLOTS_PER_CHUNK; i++) {
		struct ds_slot *s = ds_slot_at(q, i, false);

		if (s)
			s->present = false;
		else
			i |= DS_SLOTS_PER_CHUNK - 1; /* the whole chunk is absent */
	}
	q->was_count = q->count;
	q->count = 0;
	q->generation++;
}

struct ds_buf *ds_plane_buffer(struct ds_queue *q, struct ds_slot *s, uint32_t index,
			       unsigned plane)
{
	struct ds_plane *p = &s->plane[plane];
	uint64_t identity = DS_V4L2_IDENTITY(q->type, index, plane, q->generation);
	struct ds_buf *b = ds_buf_at(p->buffer);

	/* an index that was allocated anew names another buffer */
	if (b && b->kind == DS_KIND_V4L2 && b->identity == identity)
		return b;
	b = ds_buf_new(DS_KIND_V4L2, 0, p->length, identity, q->number, false, 0);
	p->buffer = b ? b->number : 0;
	return b;
}

struct place {
	struct ds_queue *queue;
	struct ds_slot *slot;
	uint32_t index;
	unsigned plane;
};

static bool find_offset(struct ds_queue *q, uint64_t offset, struct place *ret)
{
	for (uint32_t i = 0; i < DS_SLOT_CHUNKS * DS_SLOTS_PER_CHUNK; i++) {
		struct ds_slot *s = ds_slot_at(q, i, false);

		if (!s)
			i |= DS_SLOTS_PER_CHUNK - 1;
		for (unsigned p = 0; s && s->present && p < s->planes; p++) {
			if (s->plane[p].offset != offset)
				continue;
			*ret = (struct place){q, s, i, p};
			return true;
		}
	}
	return false;
}

static bool find_in_file(const struct file *f, uint64_t offset, struct place *ret)
{
	struct ds_queue *q;

	for (uint32_t i = f->first_queue; i; i = q->next) {
		q = ds_table_at(&queues, i);
		if (find_offset(q, offset, ret))
			return true;
	}
	return false;
}

/* The queue's own file first; mmap alone also works through another open of the same node. */
static bool find_place(uint32_t file, uint64_t offset, struct place *ret)
{
	const struct file *f = ds_table_at(&files, file);

	if (!f || find_in_file(f, offset, ret))
		return f;
	for (uint32_t i = files.used; i > 0; i--) {
		const struct file *other = ds_table_at(&files, i);

		if (other->refs && other->rdev == f->rdev && find_in_file(other, offset, ret))
			return true;
	}
	return false;
}

bool ds_video_mapped(uint32_t file, int fd, uint64_t offset, uintptr_t addr, size_t len, int prot)
{
	struct place at;
	struct ds_buf *b;
	struct ds_map *m;

	if (!find_place(file, offset, &at))
		return false;
	b = ds_plane_buffer(at.queue, at.slot, at.index, at.plane);
	if (b && ds_emulating())
		ds_coherency_mapped(b, fd, offset, file, addr, len, 0, prot);
	m = b ? ds_map_add(b, DS_ORIGIN_V4L2, addr, len, 0, prot) : NULL;
	if (!m)
		return false;
	m->file = file;
	ds_video_map_held(file);
	return true;
}
