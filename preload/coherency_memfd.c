/* SPDX-License-Identifier: MIT */
/* The shadow of a udmabuf, shown where the program has mapped the memory file behind it. */
#include "preload/coherency.h"

#include "preload/recorder.h"
#include "preload/sys.h"

bool ds_coherency_is_real(uintptr_t addr)
{
	struct ds_shadow *s;

	for (uint32_t i = 1; (s = ds_shadow_at(i)); i++)
		if (s->real && addr - (uintptr_t)s->real < s->real_bytes)
			return true;
	return false;
}

/* The real buffer is a view of the memory file, since that can be shown again when it is over. */
void ds_coherency_memfd(struct ds_buf *b, int memfd, uint64_t from, uint64_t size, uint64_t at)
{
	struct ds_shadow *s = ds_shadow_of(b);
	size_t whole = ds_shadow_pages(b->size);
	long p;

	if (b->real_only)
		return;
	if (!s)
		s = ds_shadow_attach(b, whole);
	if (!s) {
		ds_shadow_none(b, false, "no memory for its shadow");
		return;
	}
	if (!s->real)
		s->real = ds_shadow_map(-1, whole, PROT_NONE, 0);
	s->real_bytes = whole;
	p = s->real && at + size <= whole ? DS_SYS(mmap, s->real + at, size, PROT_READ | PROT_WRITE,
						   MAP_SHARED | MAP_FIXED, memfd, from)
					  : -1;
	if (p != (long)(s->real + at)) {
		ds_shadow_none(b, false, "the memory file cannot be mapped");
		ds_shadow_drop(s);
	}
}

void ds_coherency_memfd_mapped(struct ds_buf *b, uintptr_t addr, size_t len, uint64_t at, int prot)
{
	struct ds_shadow *s = ds_shadow_of(b);

	if (!s || b->real_only)
		return;
	ds_shadow_show(s, b, addr, len, at, prot);
}

void ds_coherency_memfd_released(struct ds_map *m)
{
	struct ds_shadow *s = ds_shadow_of(ds_buf_at(m->buffer));

	if (!s || !s->real)
		return;
	ds_shadow_step(s, DS_CACHE_FLUSH, 0);
	DS_SYS(mremap, s->real + m->offset, 0, m->len, MREMAP_MAYMOVE | MREMAP_FIXED, m->addr);
	m->have = -1;
}
