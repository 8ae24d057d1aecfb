/* SPDX-License-Identifier: MIT */
/* How buffers reach other processes: inherited by a forked child, or sent in a message. */
#include <string.h>

#include "preload/drm.h"
#include "preload/hooks.h"
#include "preload/lock.h"
#include "preload/recorder.h"
#include "preload/shared.h"
#include "preload/video.h"
#include "preload/trap.h"

/*
 * What the parent handed over stays the parent's: the child learns of it as every other process
 * does.  Descriptors and buffers keep their numbers here.
 */
void ds_shared_after_fork(void)
{
	struct ds_buf *b;

	ds_shared_forget_place();
	ds_shared_watch_after_fork();
	ds_queues_disown();
	for (uint32_t i = 1; (b = ds_buf_at(i)); i++) {
		uint64_t inode[DS_SHARES];
		unsigned n = b->shares;

		for (unsigned k = 0; k < n; k++)
			inode[k] = b->share[k].inode;
		b->hold = (struct ds_hold){.claims = 0};
		b->foreign = true;
		b->shares = 0;
		for (unsigned k = 0; k < n && (b->fds || b->first_map); k++)
			b->share[b->shares++] = (struct ds_share){.inode = inode[k]};
	}
}

/* A child that does nothing with buffers has no trace, and no word in the table either. */
void ds_shared_introduce(void)
{
	const struct ds_buf *b;

	ds_queues_introduce();
	ds_drm_introduce();
	for (uint32_t i = 1; (b = ds_buf_at(i)); i++) {
		if (!b->fds && !b->first_map)
			continue;
		ds_emit((struct ds_event){
			.type = DS_EV_BUFFER,
			.flags = (uint16_t)(b->kind << DS_EVF_KIND_SHIFT | DS_EVF_FOREIGN),
			.buffer = b->number,
			.a = b->inode,
			.b = b->size,
			.c = b->identity,
		});
		for (unsigned k = 0; k < b->shares; k++)
			if (b->share[k].inode != b->inode)
				ds_emit((struct ds_event){.type = DS_EV_ALIAS,
							  .buffer = b->number,
							  .a = b->share[k].inode});
	}
}

static void sending(int fd)
{
	const struct ds_fd *f = ds_fd_peek(fd);
	const struct ds_buf *b = f && f->kind == DS_FD_DMABUF ? ds_buf_at(f->object) : NULL;

	if (b && b->shares)
		ds_shared_watch(b);
}

static void sending_message(const struct msghdr *msg)
{
	const struct cmsghdr *c = msg->msg_controllen ? CMSG_FIRSTHDR(msg) : NULL;
	const char *end = (const char *)msg->msg_control + msg->msg_controllen;

	for (; c; c = CMSG_NXTHDR((struct msghdr *)msg, (struct cmsghdr *)c)) {
		size_t n =
			c->cmsg_len > CMSG_LEN(0) ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0;
		     i < n && i < 256 && (const char *)CMSG_DATA(c) + (i + 1) * sizeof(int) <= end;
		     i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(fd), sizeof(fd));
			sending(fd);
		}
	}
}

void ds_shared_sending(const struct msghdr *msg, size_t n, bool many)
{
	for (size_t i = 0; i < (many ? n : 1); i++) {
		const struct msghdr *m =
			many ? &((const struct mmsghdr *)(const void *)msg)[i].msg_hdr : msg;

		/* bad pointers are the kernel's to refuse */
		if (!ds_readable(m, sizeof(*m)) || !m->msg_controllen ||
		    !ds_readable(m->msg_control, m->msg_controllen) || !ds_own_process() ||
		    !ds_lock_enter())
			continue;
		sending_message(m);
		ds_lock_leave();
	}
}
