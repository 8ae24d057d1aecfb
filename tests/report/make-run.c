/* SPDX-License-Identifier: MIT */
/*
 * Writes a run directory as the recorder would: a program that queues buffers and touches some of
 * them while the device has them.  Everything that a report shows can be chosen, hostile or not.
 *
 * make-run DIR [KEY=VALUE ...], see `settings` for the keys; a value @FILE is read from FILE.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/ownership.h"
#include "core/trace.h"

static struct {
	const char *name, *value;
} settings[] = {
	{"comm", "camera"},	   /* name of the process */
	{"argv", "camera"},	   /* its command line, one word */
	{"pid", "100"},		   /* of the process and its only thread */
	{"status", "0"},	   /* exit status of the program */
	{"base", "0x400000"},	   /* where the module is loaded */
	{"module", "/opt/camera"}, /* path of the module that all frames lie in */
	{"build_id", ""},	   /* hexadecimal */
	{"frame", "0x1010"},	   /* offset of the access in the module */
	{"caller", "0x1100"},	   /* and of its caller */
	{"prior", "0x1200"},	   /* of the hand-over */
	{"device", "/dev/video0"}, /* path of the queue */
	{"exporter", "system"},	   /* of the dma-buf */
	{"call", "VIDIOC_QBUF"},   /* name of the hand-over */
	{"buffers", "3"},	   /* V4L2 buffers */
	{"bad", "1"},		   /* how many of them are written to while queued */
	{"times", "1"},		   /* how often */
	{"latent", "0"},	   /* dma-bufs read without a bracket and never given to a device */
	{"lost", "0"},		   /* events that found no room */
	{"events", "0"},	   /* correct hand-overs besides */
};

#define SETTINGS (sizeof(settings) / sizeof(settings[0]))

static struct ds_trace_writer writer;
static uint64_t now = 1000000000;

static const char *get(const char *name)
{
	for (unsigned i = 0; i < SETTINGS; i++)
		if (!strcmp(settings[i].name, name))
			return settings[i].value;
	abort();
}

static uint64_t number(const char *name)
{
	return strtoull(get(name), NULL, 0);
}

static char *read_value(const char *path)
{
	int fd = open(path, O_RDONLY);
	char *text = calloc(1, 65536);

	if (fd < 0 || !text || read(fd, text, 65535) < 0) {
		perror(path);
		exit(2);
	}
	close(fd);
	return text;
}

static void take(char *pair)
{
	char *value = strchr(pair, '=');

	for (unsigned i = 0; value && i < SETTINGS; i++) {
		if (strncmp(settings[i].name, pair, (size_t)(value - pair)) ||
		    settings[i].name[value - pair])
			continue;
		settings[i].value = value[1] == '@' ? read_value(value + 2) : value + 1;
		return;
	}
	fprintf(stderr, "make-run: unknown setting '%s'\n", pair);
	exit(2);
}

/* ---- the file ---- */

static int extend(void *ctx, uint64_t old_size, uint64_t size)
{
	(void)old_size;
	return ftruncate(*(int *)ctx, (off_t)size) ? -errno : 0;
}

static int map(void *ctx, uint64_t offset, size_t length, void **ret)
{
	*ret = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, *(int *)ctx, (off_t)offset);
	return *ret == MAP_FAILED ? -errno : 0;
}

static void start(const char *dir, const char *file)
{
	struct ds_trace_header proto = {.start_ns = now,
					.features = DS_FEATURE_GUARD | DS_FEATURE_STACKS};
	static int fd;
	struct ds_trace_io io = {.ctx = &fd, .extend = extend, .map = map};
	char path[4096];

	proto.pid = (int)number("pid");
	strncpy(proto.comm, get("comm"), sizeof(proto.comm) - 1);
	strcpy(proto.arch, "x86_64");
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || ds_trace_start(&writer, &io, &proto)) {
		perror(path);
		exit(2);
	}
}

static uint32_t string(const char *text)
{
	struct ds_event head = {.type = DS_EV_STRING, .tid = 1, .a = strlen(text)};

	if (head.a > DS_MAX_STRING - 1)
		head.a = DS_MAX_STRING - 1;
	return head.a ? ds_trace_put_payload(&writer, &head, text, head.a) : 0;
}

static uint32_t stack(uint64_t first, uint64_t second)
{
	uint64_t frame[2] = {number("base") + first, number("base") + second};
	struct ds_event head = {.type = DS_EV_STACK, .tid = 1, .a = 2};

	return ds_trace_put_payload(&writer, &head, frame, sizeof(frame));
}

static void put(struct ds_event ev)
{
	ev.tid = (uint32_t)number("pid");
	ev.time_ns = now += 1000;
	ds_trace_put(&writer, &ev);
}

static void meta(const char *key, const char *value)
{
	uint32_t k = string(key);

	put((struct ds_event){.type = DS_EV_META, .a = k, .b = string(value)});
}

/* ---- what happened ---- */

static void put_module(void)
{
	const char *hex = get("build_id");
	uint8_t id[24] = {0};
	struct ds_event ev = {.type = DS_EV_BUILD_ID, .a = strlen(hex) / 2};

	for (unsigned i = 0; i < ev.a && i < 20; i++)
		sscanf(hex + 2 * i, "%2hhx", &id[i]);
	memcpy(&ev.b, id, 8);
	memcpy(&ev.c, id + 8, 8);
	memcpy(&ev.d, id + 16, 8);
	put((struct ds_event){.type = DS_EV_MODULE,
			      .a = number("base"),
			      .b = number("base") + 0x1000000,
			      .c = number("base"),
			      .d = string(get("module"))});
	if (ev.a)
		put(ev);
}

static void hand_over(uint32_t buffer, uint32_t index, uint32_t where, uint32_t call, bool give)
{
	put((struct ds_event){.type = give ? DS_EV_CLAIM : DS_EV_RELEASE,
			      .buffer = buffer,
			      .actor = 1,
			      .stack = where,
			      .a = index,
			      .b = give ? DS_DEVICE_WRITES : 1,
			      .d = call});
}

static void put_queue_buffer(uint32_t i, uint32_t here, uint32_t queued, uint32_t call)
{
	uint32_t number_of = i + 1;
	uint16_t origin = DS_ORIGIN_V4L2 << DS_EVF_ORIGIN_SHIFT;

	put((struct ds_event){.type = DS_EV_BUFFER,
			      .flags = DS_KIND_V4L2 << DS_EVF_KIND_SHIFT,
			      .buffer = number_of,
			      .actor = 1,
			      .b = 65536,
			      .c = DS_V4L2_IDENTITY(V4L2_BUF_TYPE_VIDEO_CAPTURE, i, 0, 0)});
	put((struct ds_event){.type = DS_EV_MAP,
			      .flags = origin,
			      .buffer = number_of,
			      .a = 0x7f0000000000 + i * 65536,
			      .b = 65536,
			      .d = number_of});
	hand_over(number_of, i, queued, call, true);
	for (uint64_t n = 0; i < number("bad") && n < number("times"); n++)
		put((struct ds_event){.type = DS_EV_ACCESS,
				      .flags = (uint16_t)(origin | DS_EVF_WRITE),
				      .buffer = number_of,
				      .stack = here,
				      .a = 32,
				      .b = 4,
				      .c = number_of});
	hand_over(number_of, i, queued, call, false);
}

static void put_latent(uint32_t number_of, uint32_t here)
{
	put((struct ds_event){.type = DS_EV_BUFFER,
			      .flags = DS_KIND_HEAP << DS_EVF_KIND_SHIFT,
			      .buffer = number_of,
			      .a = 7000 + number_of,
			      .b = 4096,
			      .d = string(get("exporter"))});
	put((struct ds_event){.type = DS_EV_MAP, /* DS_ORIGIN_DMABUF is 0 */
			      .buffer = number_of,
			      .a = 0x7e0000000000 + number_of * 4096,
			      .b = 4096,
			      .d = number_of});
	put((struct ds_event){.type = DS_EV_ACCESS,
			      .flags = DS_EVF_READ,
			      .buffer = number_of,
			      .stack = here,
			      .b = 8,
			      .c = number_of});
}

static void put_story(void)
{
	uint32_t here, queued, call, buffers = (uint32_t)number("buffers");

	put_module(); /* first: a stack is read with the modules that were known before it */
	here = stack(number("frame"), number("caller"));
	queued = stack(number("prior"), number("caller"));
	call = string(get("call"));
	put((struct ds_event){
		.type = DS_EV_DEVICE, .actor = 1, .a = string(get("device")), .c = 1});
	for (uint32_t i = 0; i < buffers; i++)
		put_queue_buffer(i, here, queued, call);
	for (uint32_t i = 0; i < number("latent"); i++)
		put_latent(buffers + 1 + i, here);
	for (uint64_t i = 0; buffers && i < number("events"); i++)
		hand_over(1, 0, queued, call, !(i & 1));
	put((struct ds_event){.type = DS_EV_EXIT, .a = number("status")});
}

int main(int argc, char **argv)
{
	char pid[24];

	if (argc < 2 || (mkdir(argv[1], 0700) && errno != EEXIST)) {
		fprintf(stderr, "usage: make-run DIR [KEY=VALUE ...]\n");
		return 2;
	}
	for (int i = 2; i < argc; i++)
		take(argv[i]);
	start(argv[1], "launcher" DS_TRACE_SUFFIX);
	meta("argv", get("argv"));
	meta("kernel", "6.12.0");
	snprintf(pid, sizeof(pid), "%d", (int)number("pid"));
	meta("child", pid);
	meta("exit_status", get("status"));
	writer.header->ended = 1;
	start(argv[1], "1" DS_TRACE_SUFFIX);
	put_story();
	writer.header->ended = 1;
	writer.header->lost = number("lost");
	return 0;
}
