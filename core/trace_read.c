/* SPDX-License-Identifier: MIT */
/*
 * Trace reader.  The file comes from a program that may have been killed, or from a stranger: every
 * size is checked against the file, and a slot counts only when its type was committed.
 */
#include "core/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SLOT_BYTES sizeof(struct ds_event)
#define BATCH	   1024u /* all traces of a run are read at once */

struct ds_trace_reader {
	int fd;
	struct ds_trace_header header;
	uint64_t end; /* first slot that cannot be read */
	uint64_t at;  /* next slot to look at */
	uint64_t torn;
	uint64_t batch_first;
	unsigned batch_slots;
	struct ds_event batch[BATCH];
};

static int pread_all(int fd, void *buf, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t n = pread(fd, (char *)buf + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			return (int)done;
		done += (size_t)n;
	}
	return (int)done;
}

static int check_header(struct ds_trace_reader *r, uint64_t bytes)
{
	const struct ds_trace_header *h = &r->header;
	uint64_t slots = bytes / SLOT_BYTES, next;

	if (memcmp(h->magic, DS_TRACE_MAGIC, sizeof(h->magic)))
		return -EBADMSG;
	if (h->version != DS_TRACE_VERSION || h->byte_order != 0x01020304 ||
	    h->slot_bytes != SLOT_BYTES || h->header_bytes != DS_HEADER_BYTES)
		return -EPROTO;
	next = atomic_load(&h->next);
	r->end = next < slots ? next : slots;
	r->at = DS_FIRST_SLOT;
	r->header.arch[sizeof(h->arch) - 1] = 0;
	r->header.comm[sizeof(h->comm) - 1] = 0;
	r->header.boot_id[sizeof(h->boot_id) - 1] = 0;
	return 0;
}

static int load(struct ds_trace_reader *r, const char *path)
{
	struct stat st;
	int n;

	/* O_NONBLOCK: a fifo of that name must not make us wait */
	r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (r->fd < 0 || fstat(r->fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	n = pread_all(r->fd, &r->header, sizeof(r->header), 0);
	if (n < 0)
		return n;
	return (size_t)n < sizeof(r->header) ? -EBADMSG : check_header(r, (uint64_t)st.st_size);
}

int ds_trace_open(const char *path, struct ds_trace_reader **ret)
{
	struct ds_trace_reader *r = calloc(1, sizeof(*r));
	int e;

	if (!r)
		return -ENOMEM;
	r->fd = -1;
	e = load(r, path);
	if (e) {
		ds_trace_close(r);
		return e;
	}
	*ret = r;
	return 0;
}

void ds_trace_close(struct ds_trace_reader *r)
{
	if (!r)
		return;
	if (r->fd >= 0)
		close(r->fd);
	free(r);
}

const struct ds_trace_header *ds_trace_header(const struct ds_trace_reader *r)
{
	return &r->header;
}

uint64_t ds_trace_torn(const struct ds_trace_reader *r)
{
	return r->torn;
}

int ds_trace_rewind(struct ds_trace_reader *r)
{
	r->at = DS_FIRST_SLOT;
	r->torn = 0;
	return 0;
}

/* The batch that holds slot `at`; number of slots available there (0 = end) or -errno. */
static int fill(struct ds_trace_reader *r, uint64_t at)
{
	uint64_t want = r->end - at < BATCH ? r->end - at : BATCH;
	int n = pread_all(r->fd, r->batch, want * SLOT_BYTES, at * SLOT_BYTES);

	if (n < 0)
		return n;
	r->batch_first = at;
	r->batch_slots = (unsigned)((size_t)n / SLOT_BYTES);
	return (int)r->batch_slots;
}

int ds_trace_next(struct ds_trace_reader *r, struct ds_event *ret, uint32_t *ret_slot)
{
	while (r->at < r->end) {
		uint64_t i = r->at - r->batch_first;
		const struct ds_event *ev;

		if (r->at < r->batch_first || i >= r->batch_slots) {
			int n = fill(r, r->at);

			if (n <= 0)
				return n;
			i = 0;
		}
		ev = &r->batch[i];
		r->at++;
		if (ev->type == DS_EV_NONE)
			r->torn++;
		if (ev->type == DS_EV_NONE || ev->type == DS_EV_CONT)
			continue;
		*ret = *ev;
		*ret_slot = (uint32_t)(r->batch_first + i);
		return 1;
	}
	return 0;
}

static int read_slots(struct ds_trace_reader *r, uint64_t slot, unsigned n, void *buf)
{
	int got;

	if (slot < DS_FIRST_SLOT || slot + n > r->end)
		return -ENOENT;
	got = pread_all(r->fd, buf, n * SLOT_BYTES, slot * SLOT_BYTES);
	if (got < 0)
		return got;
	return (size_t)got == n * SLOT_BYTES ? 0 : -ENOENT;
}

int ds_trace_event(struct ds_trace_reader *r, uint32_t slot, struct ds_event *ret)
{
	struct ds_event ev;
	int e = read_slots(r, slot, 1, &ev);

	if (e)
		return e;
	if (ev.type == DS_EV_NONE || ev.type == DS_EV_CONT)
		return -ENOENT;
	*ret = ev;
	return 0;
}

int ds_trace_payload(struct ds_trace_reader *r, uint32_t slot, void *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		struct ds_cont cont;

		if (read_slots(r, ++slot, 1, &cont) || cont.type != DS_EV_CONT ||
		    cont.used > DS_CONT_BYTES || !cont.used)
			break;
		if (cont.used > size - done)
			cont.used = (uint16_t)(size - done);
		memcpy((char *)buf + done, cont.bytes, cont.used);
		done += cont.used;
		if (cont.used < DS_CONT_BYTES)
			break;
	}
	return (int)done;
}

const char *ds_trace_string(struct ds_trace_reader *r, uint32_t slot, char *buf, size_t size)
{
	struct ds_event ev;
	size_t len;
	int n;

	buf[0] = 0;
	if (!slot || ds_trace_event(r, slot, &ev) || ev.type != DS_EV_STRING || !ev.a)
		return buf;
	len = ev.a < size - 1 ? ev.a : size - 1;
	n = ds_trace_payload(r, slot, buf, len);
	buf[n > 0 ? n : 0] = 0;
	return buf;
}
