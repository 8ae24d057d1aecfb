/* SPDX-License-Identifier: MIT */
/*
 * A device writes the buffer, and its fence is in a sync object, as explicit synchronisation hands
 * it over. Nine times the program does something with the object that is no wait for that fence:
 * asks it with a time that has passed, waits for the point before, for the fence to be there, for
 * what it has signalled itself... The twin waits with the same calls.
 * rule: OWN05
 * severity: error
 * devices: vgem syncobj
 */
#include "syncobj.h"
#include "vgem.h"

#include <drm.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#define FOREVER INT64_MAX

static struct vgem g;
static volatile unsigned char *map; /* of the DRM node: nobody demands a bracket */
static int card;

static void must(bool is_so)
{
	if (!is_so)
		die("a call did not answer as it should");
}

static uint32_t begin(void)
{
	uint32_t fence = vgem_fence_write(&g), object = syncobj_of(card, g.buf.fd);

	vgem_signal_begin(&g, fence);
	return object;
}

static void end(uint32_t object)
{
	vgem_signal_end();
	syncobj_destroy(card, object);
}

static void by_wait(void)
{
	uint32_t object = begin();

	must((syncobj_wait(card, object, TWIN ? FOREVER : 0) == 0) == TWIN);
	map[0] = 1; /* EXPECT OWN05 */
	end(object);
}

static void by_point(void)
{
	uint32_t object = begin(), timeline = timeline_of(card, object);

	must(timeline_wait(card, timeline, TWIN ? 2 : 1, 0, FOREVER) == 0);
	map[0] = 2; /* EXPECT OWN05 */
	syncobj_destroy(card, timeline);
	end(object);
}

static void by_availability(void)
{
	uint32_t object = begin(), timeline = timeline_of(card, object);
	uint32_t flags = TWIN ? 0 : DRM_SYNCOBJ_WAIT_FLAGS_WAIT_AVAILABLE;

	must(timeline_wait(card, timeline, 2, flags, FOREVER) == 0);
	map[0] = 3; /* EXPECT OWN05 */
	syncobj_destroy(card, timeline);
	end(object);
}

static void by_query(void)
{
	uint32_t object = begin(), timeline = timeline_of(card, object);

	while (timeline_query(card, timeline, !TWIN) < 2)
		usleep(1000);
	map[0] = 4; /* EXPECT OWN05 */
	syncobj_destroy(card, timeline);
	end(object);
}

static void by_sync_file(void)
{
	uint32_t object = begin();
	struct pollfd p = {.fd = syncobj_sync_file(card, object), .events = POLLIN};

	must(poll(&p, 1, TWIN ? -1 : 0) == TWIN);
	map[0] = 5; /* EXPECT OWN05 */
	CHECK(close(p.fd));
	end(object);
}

/* As by another process: the object itself goes there, and gets a handle of its own. */
static void by_other_handle(void)
{
	uint32_t object = begin(), other;
	int fd = syncobj_export(card, object);

	other = syncobj_import(card, fd);
	CHECK(close(fd));
	must((syncobj_wait(card, other, TWIN ? FOREVER : 0) == 0) == TWIN);
	map[0] = 6; /* EXPECT OWN05 */
	syncobj_destroy(card, other);
	end(object);
}

/* Then it has no fence to wait for, and says so: EINVAL. */
static void after_reset(void)
{
	uint32_t object = begin();

	must(!TWIN || syncobj_wait(card, object, FOREVER) == 0);
	syncobj_reset(card, object);
	must(syncobj_wait(card, object, FOREVER) < 0);
	map[0] = 7; /* EXPECT OWN05 */
	end(object);
}

/* The fence that is waited for is the program's own, not the device's. */
static void after_own_signal(void)
{
	uint32_t object = begin();

	must(!TWIN || syncobj_wait(card, object, FOREVER) == 0);
	syncobj_signal(card, object);
	must(syncobj_wait(card, object, FOREVER) == 0);
	map[0] = 8; /* EXPECT OWN05 */
	end(object);
}

static void by_eventfd(void)
{
	uint32_t object = begin();
	int fd = syncobj_eventfd(card, object);
	uint64_t count;

	if (TWIN)
		CHECK(read(fd, &count, sizeof(count)));
	map[0] = 9; /* EXPECT OWN05 */
	CHECK(close(fd));
	end(object);
}

int main(void)
{
	case_begin();
	card = syncobj_card();
	vgem_init(&g);
	map = vgem_map(&g);
	by_wait();
	by_point();
	by_availability();
	by_query();
	by_sync_file();
	by_other_handle();
	after_reset();
	after_own_signal();
	by_eventfd();
	CHECK(munmap((void *)map, g.buf.size));
	vgem_finish(&g);
	CHECK(close(card));
	return 0;
}
