/* SPDX-License-Identifier: MIT */
/* From lines of the kernel's side to steps in the life of the run's buffers.  See kernel_replay.h. */
#include "core/kernel_replay.h"

#include <errno.h>
#include <linux/videodev2.h>
#include <stdlib.h>
#include <string.h>

#include "core/hash.h"
#include "core/kernel_model.h"
#include "core/kernel_reader.h"
#include "core/ownership.h"

#define ALL		 (~0ull)
#define MAX_PENDING	 4096 /* fences: some never signal, or did so unseen */
#define NUM(line, field) ((line)->number[DS_KNUM_##field])

/* First buffer of an inode; the others follow by `next`. */
struct inode {
	uint64_t inode;
	uint32_t first;
};

/* A vb2 buffer, and what it is in the run. */
struct video {
	uint64_t obj, inode;
	uint32_t buffer; /* when it has no inode: index + 1, 0 = not one of the run's */
};

struct fence {
	uint64_t key; /* of fence and buffer */
	uint64_t obj, inode, ctx;
};

struct replay {
	const struct ds_run *run;
	unsigned part;
	struct ds_keymap inode, video, fence;
	uint32_t *next; /* by buffer: the next one of the same inode + 1, 0 = none */
	ds_kernel_step_fn *fn;
	void *ctx;
};

const char *ds_kernel_track_name(enum ds_kernel_track track)
{
	static const char *const names[DS_KTRACK_MAX] = {"queue", "mapped", "fence", "calls"};

	return names[track];
}

/* ---- whose ---- */

static int64_t process_of(const struct replay *r, int pid)
{
	for (uint32_t i = 0; i < r->run->processes; i++) {
		const struct ds_process *p = &r->run->process[i];

		if (!p->launcher && p->part == r->part && p->pid == pid)
			return i;
	}
	return -1;
}

static bool of_part(const struct replay *r, const struct ds_run_buffer *b)
{
	return b->process < r->run->processes && r->run->process[b->process].part == r->part;
}

/*
 * The inode of an entry, which may have been learnt after it was listed; 0 also for one that turned
 * out to be another entry.
 */
static uint64_t inode_of(const struct replay *r, uint32_t i)
{
	const struct ds_run_buffer *b = &r->run->buffer[i];
	const struct ds_buffer *twin =
		ds_model_buffer(&r->run->process[b->process].model, b->number);

	if (!twin)
		return b->inode;
	if (ds_run_buffer_find(r->run, b->process, twin->number) != (int64_t)i)
		return 0;
	return twin->inode ? twin->inode : b->inode;
}

static int list_inodes(struct replay *r)
{
	r->next = calloc(r->run->buffers + 1u, sizeof(*r->next));
	if (!r->next)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->run->buffers; i++) {
		uint64_t inode = of_part(r, &r->run->buffer[i]) ? inode_of(r, i) : 0;
		struct inode *known;

		if (!inode)
			continue;
		known = ds_keymap_get(&r->inode, inode);
		if (!known)
			return -ENOMEM;
		r->next[i] = known->first;
		known->first = i + 1;
	}
	return 0;
}

/*
 * The V4L2 buffer without an inode that a process gave to a queue: the latest one of that type and
 * index.  -1 when there is none, or devices of two paths have one.
 */
static int64_t find_video(const struct replay *r, const struct ds_kernel_line *line)
{
	int64_t process = process_of(r, line->pid), best = -1;

	for (uint32_t i = 0; process >= 0 && i < r->run->buffers; i++) {
		const struct ds_run_buffer *b = &r->run->buffer[i];

		if (b->kind != DS_KIND_V4L2 || b->process != process || b->created_ns > line->ns ||
		    DS_IDENTITY_TYPE(b->identity) != NUM(line, type) ||
		    DS_IDENTITY_INDEX(b->identity) != NUM(line, index) ||
		    DS_IDENTITY_PLANE(b->identity))
			continue;
		if (best >= 0 && strcmp(r->run->buffer[best].device, b->device))
			return -1;
		if (best < 0 || b->created_ns >= r->run->buffer[best].created_ns)
			best = i;
	}
	return best;
}

/* ---- steps ---- */

/* Tell of a step for every buffer that it concerns. */
static int tell(struct replay *r, struct ds_kernel_step *step, uint64_t inode, int64_t buffer)
{
	const struct inode *known = ds_keymap_find(&r->inode, inode);
	uint32_t at = known ? known->first : 0;
	int e = 0;

	step->process = process_of(r, step->line->pid);
	if (!inode && buffer >= 0) {
		step->buffer = (uint32_t)buffer;
		return r->fn(r->ctx, step);
	}
	for (; at && !e; at = r->next[at - 1]) {
		step->buffer = at - 1;
		e = r->fn(r->ctx, step);
	}
	return e;
}

static struct ds_kernel_step step_of(const struct ds_kernel_line *line, enum ds_kernel_track track,
				     enum ds_kernel_step_kind kind, uint64_t object)
{
	return (struct ds_kernel_step){
		.line = line,
		.track = track,
		.kind = kind,
		.object = object ? object : 1,
		.device = "",
		.process = -1,
	};
}

static int on_video(struct replay *r, const struct ds_kernel_line *line)
{
	bool queue = line->event == DS_KEV_VB2_QUEUE;
	struct ds_kernel_step s = step_of(line, DS_KTRACK_QUEUE,
					  queue ? DS_KSTEP_BEGIN : DS_KSTEP_END, NUM(line, obj));
	struct video *v = ds_keymap_get(&r->video, NUM(line, obj));

	if (!v)
		return NUM(line, obj) ? -ENOMEM : 0;
	if (line->event == DS_KEV_VB2_IMPORT || line->event == DS_KEV_VB2_EXPORT) {
		v->inode = NUM(line, ino);
		return 0;
	}
	if (queue && !v->inode)
		v->buffer = (uint32_t)(find_video(r, line) + 1);
	s.use = V4L2_TYPE_IS_OUTPUT(NUM(line, type)) ? DS_DEVICE_READS : DS_DEVICE_WRITES;
	return tell(r, &s, v->inode, (int64_t)v->buffer - 1);
}

/* enum dma_data_direction */
static unsigned use_of(uint64_t dir)
{
	return dir == 1	  ? DS_DEVICE_READS
	       : dir == 2 ? DS_DEVICE_WRITES
			  : DS_DEVICE_READS | DS_DEVICE_WRITES;
}

static int on_map(struct replay *r, const struct ds_kernel_line *line)
{
	bool map = line->event == DS_KEV_MAP;
	struct ds_kernel_step s = step_of(line, DS_KTRACK_MAPPED,
					  map ? DS_KSTEP_BEGIN : DS_KSTEP_END, NUM(line, obj));

	if (map && NUM(line, ret))
		return 0;
	s.use = use_of(NUM(line, dir));
	s.device = line->dev;
	return tell(r, &s, NUM(line, ino), -1);
}

/* ---- fences ---- */

static int end_fence(struct replay *r, const struct ds_kernel_line *line, const struct fence *f)
{
	struct ds_kernel_step s = step_of(line, DS_KTRACK_FENCE, DS_KSTEP_END, f->key);
	int e = tell(r, &s, f->inode, -1);

	ds_keymap_remove(&r->fence, f->key);
	return e;
}

/* End the first fence that `obj` or, when that is 0, inode and context name.  1 when there was one. */
static int end_one(struct replay *r, const struct ds_kernel_line *line, uint64_t obj)
{
	uint32_t at = 0;
	const struct fence *f;

	while ((f = ds_keymap_next(&r->fence, &at))) {
		const struct fence one = *f;
		int e;

		if (obj ? f->obj != obj : f->inode != NUM(line, ino) || f->ctx != NUM(line, ctx))
			continue;
		e = end_fence(r, line, &one);
		return e ? e : 1;
	}
	return 0;
}

static int on_fence(struct replay *r, const struct ds_kernel_line *line)
{
	bool add = line->event == DS_KEV_FENCE_ADD;
	uint64_t key = ds_hash_u64(ds_hash_u64(DS_HASH_INIT, NUM(line, obj)), NUM(line, ino));
	struct ds_kernel_step s = step_of(line, DS_KTRACK_FENCE, DS_KSTEP_BEGIN, key);
	struct fence *f;
	int e;

	/* a later fence of one context takes the place of the earlier ones */
	while ((e = end_one(r, line, add ? 0 : NUM(line, obj))) > 0)
		;
	if (e || !add || NUM(line, usage) > 2 || r->fence.used >= MAX_PENDING)
		return e;
	f = ds_keymap_get(&r->fence, s.object);
	if (!f)
		return -ENOMEM;
	*f = (struct fence){s.object, NUM(line, obj), NUM(line, ino), NUM(line, ctx)};
	s.use = NUM(line, usage) == 2 ? DS_DEVICE_READS : DS_DEVICE_WRITES;
	return tell(r, &s, NUM(line, ino), -1);
}

/* ---- the pass ---- */

static int take(struct replay *r, const struct ds_kernel_line *line)
{
	struct ds_kernel_step s = step_of(line, DS_KTRACK_CALLS, DS_KSTEP_POINT, 0);

	switch (line->event) {
	case DS_KEV_VB2_IMPORT:
	case DS_KEV_VB2_EXPORT:
	case DS_KEV_VB2_QUEUE:
	case DS_KEV_VB2_DONE: return on_video(r, line);
	case DS_KEV_MAP:
	case DS_KEV_UNMAP: return on_map(r, line);
	case DS_KEV_FENCE_ADD:
	case DS_KEV_FENCE_SIGNAL: return on_fence(r, line);
	case DS_KEV_GET: /* as often as any other call, and of no consequence */
	case DS_KEV_PUT: return 0;
	default: return NUM(line, ino) ? tell(r, &s, NUM(line, ino), -1) : 0;
	}
}

int ds_kernel_replay(const struct ds_run *run, unsigned part, ds_kernel_step_fn *fn, void *ctx)
{
	struct ds_kernel_reader *lines = ds_run_part(run, part)->lines;
	struct replay r = {.run = run, .part = part, .fn = fn, .ctx = ctx};
	struct ds_kernel_line line;
	size_t place;
	int e;

	if (!lines)
		return 0;
	r.inode.size = sizeof(struct inode);
	r.video.size = sizeof(struct video);
	r.fence.size = sizeof(struct fence);
	e = list_inodes(&r);
	ds_kernel_rewind(lines);
	while (!e && ds_kernel_next(lines, ALL, &line, &place))
		e = take(&r, &line);
	ds_keymap_finish(&r.inode);
	ds_keymap_finish(&r.video);
	ds_keymap_finish(&r.fence);
	free(r.next);
	return e;
}
