/* SPDX-License-Identifier: MIT */
/* Text without libc's help: nothing here allocates or touches errno. */
#include "preload/text.h"

#include <string.h>

#include "preload/recorder.h"
#include "preload/sys.h"

void ds_put_text(char **at, const char *end, const char *text)
{
	while (*text && *at + 1 < end)
		*(*at)++ = *text++;
	if (*at < end)
		**at = 0;
}

void ds_put_number(char **at, const char *end, uint64_t n)
{
	char digits[24];
	char *p = digits + sizeof(digits) - 1;

	*p = 0;
	do
		*--p = (char)('0' + n % 10);
	while (n /= 10);
	ds_put_text(at, end, p);
}

long ds_read_file(const char *path, char *buf, size_t size)
{
	long fd = ds_sys_open(path, O_RDONLY | O_CLOEXEC, 0), n = fd, got = 0;

	buf[0] = 0;
	if (fd < 0)
		return fd;
	while ((size_t)got < size - 1) {
		n = ds_sys_read((int)fd, buf + got, size - 1 - (size_t)got);
		if (n <= 0)
			break;
		got += n;
	}
	ds_sys_close((int)fd);
	buf[got] = 0;
	return n < 0 ? n : got;
}

static void fd_path(char *path, size_t size, const char *dir, int fd)
{
	char *at = path;

	ds_put_text(&at, path + size, dir);
	ds_put_number(&at, path + size, (uint64_t)fd);
}

void ds_exporter(int fd, char *buf, size_t size)
{
	static const char key[] = "exp_name:";
	char path[48], info[1024];
	char *name, *end;

	*buf = 0;
	fd_path(path, sizeof(path), "/proc/self/fdinfo/", fd);
	if (ds_read_file(path, info, sizeof(info)) <= 0)
		return;
	name = strstr(info, key);
	if (!name)
		return;
	name += sizeof(key) - 1;
	while (*name == ' ' || *name == '\t')
		name++;
	end = strchr(name, '\n');
	if (end)
		*end = 0;
	ds_put_text(&buf, buf + size, name);
}

uint32_t ds_text_exporter(int fd)
{
	char name[256];

	ds_exporter(fd, name, sizeof(name));
	return ds_text_copy(name);
}

uint32_t ds_text_fd_path(int fd)
{
	char path[48], target[256];
	long n;

	fd_path(path, sizeof(path), "/proc/self/fd/", fd);
	n = DS_SYS(readlinkat, AT_FDCWD, path, target, sizeof(target) - 1);
	if (n <= 0)
		return 0;
	target[n] = 0;
	return ds_text_copy(target);
}

void ds_say(const char *text, const char *detail, const char *end)
{
	char line[512];
	char *at = line;

	ds_put_text(&at, line + sizeof(line), "dmasan: ");
	ds_put_text(&at, line + sizeof(line), text);
	ds_put_text(&at, line + sizeof(line), detail);
	ds_put_text(&at, line + sizeof(line), end);
	ds_put_text(&at, line + sizeof(line), "\n");
	ds_sys_write(2, line, (size_t)(at - line));
}
