/* SPDX-License-Identifier: MIT */
/* Line by line through /proc/self/maps (Documentation/filesystems/proc.rst). */
#include "preload/maps.h"

#include <stdbool.h>
#include <string.h>

#include "preload/sys.h"

static uint64_t number(const char **at, unsigned base)
{
	uint64_t n = 0;

	for (;; (*at)++) {
		char c = **at;
		unsigned digit = c >= '0' && c <= '9'	? (unsigned)(c - '0')
				 : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a' + 10)
							: 16u;

		if (digit >= base)
			return n;
		n = n * base + digit;
	}
}

/* "lo-hi rwxp offset major:minor inode ..." */
static void parse(const char *line, struct ds_vma *ret)
{
	ret->lo = number(&line, 16);
	line++;
	ret->hi = number(&line, 16);
	line++;
	ret->prot = (line[0] == 'r' ? PROT_READ : 0) | (line[1] == 'w' ? PROT_WRITE : 0) |
		    (line[2] == 'x' ? PROT_EXEC : 0);
	line += 5;
	ret->offset = number(&line, 16);
	line++;
	ret->major = (unsigned)number(&line, 16);
	line++;
	ret->minor = (unsigned)number(&line, 16);
	line++;
	ret->inode = number(&line, 10);
}

int ds_maps_each(int (*fn)(const struct ds_vma *vma, void *arg), void *arg)
{
	char buf[4096 + 512];
	size_t have = 0;
	long fd = ds_sys_open("/proc/self/maps", O_RDONLY | O_CLOEXEC, 0), n;
	bool stop = false;

	if (fd < 0)
		return (int)fd;
	while (!stop && (n = ds_sys_read((int)fd, buf + have, sizeof(buf) - 1 - have)) > 0) {
		char *line = buf, *end;

		have += (size_t)n;
		buf[have] = 0;
		while (!stop && (end = memchr(line, '\n', have - (size_t)(line - buf)))) {
			struct ds_vma vma;

			parse(line, &vma);
			stop = fn(&vma, arg);
			line = end + 1;
		}
		have -= (size_t)(line - buf);
		memmove(buf, line, have);
		if (have == sizeof(buf) - 1)
			have = 0; /* a path longer than any: its rest is skipped as a broken line */
	}
	ds_sys_close((int)fd);
	return 0;
}

struct wanted {
	uintptr_t at, end;
	int prot;
};

static int check(const struct ds_vma *vma, void *arg)
{
	struct wanted *w = arg;

	if (vma->hi <= w->at)
		return 0;
	if (vma->lo > w->at || (w->prot >= 0 && w->prot != vma->prot))
		return 1; /* a hole, or another protection */
	w->prot = vma->prot;
	w->at = vma->hi;
	return w->at >= w->end;
}

int ds_maps_protection(uintptr_t addr, size_t len)
{
	struct wanted w = {addr, addr + len, -1};

	if (ds_maps_each(check, &w) || w.at < w.end)
		return -1;
	return w.prot;
}
