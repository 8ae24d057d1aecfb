/* SPDX-License-Identifier: MIT */
/* Fences that have not signalled.  See fence.h. */
#include "preload/fence.h"

#include <poll.h>
#include <time.h>

#include "preload/drm.h"
#include "preload/hooks.h"
#include "preload/lock.h"
#include "preload/recorder.h"
#include "preload/sys.h"

#define MAX	   64
#define INDEX	   0xffffffffu /* of the claim: no queue has it */
#define PATIENCE   1000000     /* ns, see ds_fence_touched */
#define KERNEL_SET 8	       /* bytes of its sigset_t */

struct flip {
	int fd;
	uint32_t crtc;
	const struct ds_card *card; /* NULL = free */
};

_Atomic uint32_t ds_fences;
static uint32_t buffer[MAX]; /* 0 = free */
static struct flip flip[MAX];

static short ready(int fd, short events, long ns)
{
	struct pollfd p = {.fd = fd, .events = events};
	struct timespec t = {.tv_nsec = ns};

	/* what cannot be asked is not pending: nothing will be said of it */
	return DS_SYS(ppoll, &p, 1, &t, NULL, KERNEL_SET) < 0 ? events : p.revents;
}

static bool names(int fd, const struct ds_buf *b)
{
	struct stat st;

	return fd >= 0 && !ds_sys_fstat(fd, &st) && ds_buf_by_inode(st.st_ino) == b;
}

/* How devices use the buffer, by its fences: writers make it unreadable, readers unwritable. */
static unsigned pending(int fd, const struct ds_buf *b, long ns)
{
	int r = names(fd, b) ? ready(fd, POLLIN | POLLOUT, ns) : POLLNVAL;

	if (r & (POLLNVAL | POLLERR))
		return 0;
	if (!(r & POLLIN))
		return DS_DEVICE_WRITES;
	return r & POLLOUT ? 0 : DS_DEVICE_READS;
}

static void tell(const struct ds_buf *b, enum ds_event_type type, unsigned use, uint32_t stack,
		 uint32_t name)
{
	ds_emit((struct ds_event){.type = (uint16_t)type,
				  .stack = stack,
				  .buffer = b->number,
				  .actor = b->fence_actor,
				  .a = INDEX,
				  .b = use,
				  .d = name});
}

static const struct ds_claim *claim_of(const struct ds_buf *b)
{
	for (unsigned i = 0; i < b->hold.claims; i++)
		if (b->hold.claim[i].use & DS_DEVICE_FENCE)
			return &b->hold.claim[i];
	return NULL;
}

/* ---- buffers ---- */

static void change(struct ds_buf *b, unsigned use, uint32_t name)
{
	const struct ds_claim *c = claim_of(b);

	if (c) {
		ds_hold_release(&b->hold, c->actor, INDEX, false, NULL);
		tell(b, DS_EV_RELEASE, 0, 0, b->fence_done);
	}
	if (use && !ds_hold_claim(&b->hold, b->fence_actor, INDEX, use | DS_DEVICE_FENCE, 0))
		tell(b, DS_EV_CLAIM, use | DS_DEVICE_FENCE, ds_stack_here(), name);
	atomic_store(&b->fence_use, use);
	ds_guard_buffer(b);
}

static void forget(uint32_t *at, struct ds_buf *b)
{
	atomic_store(&b->fence_use, 0);
	*at = 0;
	atomic_fetch_sub(&ds_fences, 1);
}

static bool keep(struct ds_buf *b)
{
	for (unsigned i = 0; i < MAX; i++)
		if (buffer[i] == b->number)
			return true;
	for (unsigned i = 0; i < MAX; i++) {
		if (buffer[i])
			continue;
		buffer[i] = b->number;
		atomic_fetch_add(&ds_fences, 1);
		return true;
	}
	return false;
}

void ds_fence_added(struct ds_buf *b, uint32_t actor, uint32_t name)
{
	int fd = b ? ds_fd_of(b->number) : -1;
	unsigned use = fd < 0 ? 0 : pending(fd, b, 0);
	const struct ds_claim *c = b ? claim_of(b) : NULL;

	if (!use || (c && (c->use & use)) || !keep(b))
		return;
	if (!c)
		b->fence_actor = actor;
	b->fence_done = ds_text("fence signalled");
	atomic_store(&b->fence_fd, fd);
	change(b, use, name);
}

static void look_at(uint32_t *at)
{
	struct ds_buf *b = ds_buf_at(*at);
	const struct ds_claim *c = claim_of(b); /* SYNC START ends it: it waits */
	unsigned use;

	if (c && !names(b->fence_fd, b))
		atomic_store(&b->fence_fd, ds_fd_of(b->number));
	use = c ? pending(b->fence_fd, b, 0) : 0;
	if (c && use != (c->use & DS_RW))
		change(b, use, b->fence_done);
	if (!use)
		forget(at, b);
}

void ds_fence_touched(struct ds_buf *b)
{
	unsigned had = b ? atomic_load(&b->fence_use) : 0, use;
	int fd = had ? atomic_load(&b->fence_fd) : -1;

	if (!had)
		return;
	use = pending(fd, b, 0);
	if (use == had)
		use = pending(fd, b, PATIENCE);
	if (use == had)
		return;
	tell(b, DS_EV_RELEASE, 0, 0, b->fence_done);
	if (use)
		tell(b, DS_EV_CLAIM, use | DS_DEVICE_FENCE, 0, b->fence_done);
}

/* ---- flips ---- */

static void arrived(struct flip *f)
{
	struct flip done = *f;

	f->card = NULL;
	atomic_fetch_sub(&ds_fences, 1);
	ds_drm_flipped(done.card, done.crtc);
}

void ds_fence_flip(int fd, const struct ds_card *card, uint32_t crtc)
{
	struct flip *free = NULL;

	for (unsigned i = 0; i < MAX; i++) {
		if (flip[i].card == card && flip[i].crtc == crtc) { /* the flip before this one */
			flip[i].fd = fd;
			return;
		}
		if (!flip[i].card)
			free = &flip[i];
	}
	if (!free)
		return;
	*free = (struct flip){fd, crtc, card};
	atomic_fetch_add(&ds_fences, 1);
}

void ds_fence_closed(int fd)
{
	bool mine = false;

	/* whether it was waited for is not known any more */
	for (unsigned i = 0; atomic_load(&ds_fences) && i < MAX; i++)
		mine = mine || (flip[i].card && flip[i].fd == fd);
	if (!mine || !ds_own_process() || !ds_lock_enter())
		return;
	for (unsigned i = 0; i < MAX; i++)
		if (flip[i].card && flip[i].fd == fd)
			arrived(&flip[i]);
	ds_lock_leave();
}

/* ---- all ---- */

void ds_fences_look(void)
{
	for (unsigned i = 0; atomic_load(&ds_fences) && i < MAX; i++) {
		if (buffer[i])
			look_at(&buffer[i]);
		if (flip[i].card && ready(flip[i].fd, POLLIN, 0))
			arrived(&flip[i]);
	}
}

void ds_fences_waited(void)
{
	int saved = errno;

	if (ds_own_process() && ds_lock_enter()) {
		ds_fences_look();
		ds_lock_leave();
	}
	errno = saved;
}

void ds_fences_after_fork(void)
{
	for (unsigned i = 0; i < MAX; i++) {
		struct ds_buf *b = ds_buf_at(buffer[i]);

		if (b) {
			ds_hold_waited(&b->hold, DS_DEVICE_READS | DS_DEVICE_WRITES);
			forget(&buffer[i], b);
		}
		flip[i].card = NULL;
	}
	atomic_store(&ds_fences, 0);
}
