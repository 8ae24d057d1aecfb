/* SPDX-License-Identifier: MIT */
/* Buffers of this process and the dma-buf inodes that lead to them. */
#include "preload/coherency.h"
#include "preload/recorder.h"
#include "preload/shared.h"
#include "preload/state.h"
#include "preload/sys.h"

/* inode -> buffer: open addressing; a power of two, far above the buffers of any real program */
#define INODES (1u << 16)

struct inode_entry {
	uint64_t inode; /* 0 = free, ~0 = was used */
	uint32_t buffer;
};

static struct ds_table buffers = {.size = sizeof(struct ds_buf)};
static struct inode_entry *inodes;

#define GONE (~(uint64_t)0)

static uint32_t spot(uint64_t inode)
{
	return (uint32_t)(inode * 0x9e3779b97f4a7c15ull >> 48) & (INODES - 1);
}

static struct inode_entry *find(uint64_t inode)
{
	if (!inodes || !inode)
		return NULL;
	for (uint32_t i = spot(inode), n = 0; n < INODES; i = (i + 1) & (INODES - 1), n++) {
		if (!inodes[i].inode)
			return NULL;
		if (inodes[i].inode == inode)
			return &inodes[i];
	}
	return NULL;
}

struct ds_buf *ds_buf_at(uint32_t number)
{
	return ds_table_at(&buffers, number);
}

struct ds_buf *ds_buf_by_inode(uint64_t inode)
{
	struct inode_entry *e = find(inode);

	return e ? ds_buf_at(e->buffer) : NULL;
}

static void insert(uint64_t inode, uint32_t buffer)
{
	if (!inodes)
		inodes = ds_sys_pages(INODES * sizeof(*inodes));
	if (!inodes || !inode || find(inode))
		return;
	for (uint32_t i = spot(inode), n = 0; n < INODES; i = (i + 1) & (INODES - 1), n++) {
		if (inodes[i].inode && inodes[i].inode != GONE)
			continue;
		inodes[i] = (struct inode_entry){inode, buffer};
		return;
	}
	ds_note_missed(DS_MISSED_TABLE_FULL, 0);
}

void ds_buf_drop_inode(uint64_t inode)
{
	struct inode_entry *e = find(inode);

	if (e)
		e->inode = GONE;
}

void ds_buf_add_inode(struct ds_buf *b, uint64_t inode)
{
	insert(inode, b->number);
	ds_shared_join(b, inode);
	if (!b->inode)
		b->inode = inode;
	if (ds_emulating())
		ds_coherency_alias(b, inode);
	ds_emit((struct ds_event){.type = DS_EV_ALIAS, .buffer = b->number, .a = inode});
}

struct ds_buf *ds_buf_new(enum ds_buffer_kind kind, uint64_t inode, uint64_t size,
			  uint64_t identity, uint32_t actor, bool foreign, uint32_t exporter)
{
	uint32_t number;
	struct ds_buf *b = ds_table_new(&buffers, &number);

	if (!b) {
		ds_note_missed(DS_MISSED_TABLE_FULL, 0);
		return NULL;
	}
	b->number = number;
	b->kind = kind;
	b->inode = inode;
	b->size = size;
	b->identity = identity;
	b->foreign = foreign;
	b->actor = actor;
	if (inode) {
		insert(inode, number);
		ds_shared_join(b, inode);
	}
	ds_emit((struct ds_event){
		.type = DS_EV_BUFFER,
		.flags = (uint16_t)(kind << DS_EVF_KIND_SHIFT | (foreign ? DS_EVF_FOREIGN : 0)),
		.buffer = number,
		.actor = actor,
		.a = inode,
		.b = size,
		.c = identity,
		.d = exporter,
	});
	return b;
}
