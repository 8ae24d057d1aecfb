/* SPDX-License-Identifier: MIT */
/*
 * Stacks by libunwind: raw return addresses, no names.
 *
 * The library is loaded into a scope of its own (RTLD_LOCAL) and not linked: as a dependency its
 * _Unwind_* functions could take the place of libgcc's in a C++ program, and where it is missing
 * the program runs without stacks instead of not at all.
 */
#define UNW_LOCAL_ONLY
#include <libunwind.h>

#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <string.h>

#include "core/trace.h"
#include "preload/real.h"
#include "preload/recorder.h"
#include "preload/sys.h"
#include "preload/text.h"

#define NAME_OF(x)  NAME_OF_(x)
#define NAME_OF_(x) #x
#define LIBUNWIND   "libunwind.so.8"

#define DEEPEST 16384 /* frames */

static struct {
	int (*backtrace)(void **ret, int size);
	int (*init_local2)(unw_cursor_t *cursor, unw_context_t *context, int flag);
	int (*step)(unw_cursor_t *cursor);
	int (*get_reg)(unw_cursor_t *cursor, int reg, unw_word_t *ret);
	bool works;
} unwind;

struct range {
	uintptr_t inside, start, end;
};

/*
 * This thread walks a stack.  What libunwind keeps for a walk is not to be used by a signal handler
 * or a trap that comes in between: they go by a cursor.
 */
static __thread bool walking __attribute__((tls_model("initial-exec")));

static struct range own_code = {.inside = (uintptr_t)&unwind}, unwinder;

static int find_range(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct range *r = arg;
	uintptr_t lo = UINTPTR_MAX, hi = 0;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t at = info->dlpi_addr + ph->p_vaddr;

		if (ph->p_type != PT_LOAD)
			continue;
		lo = at < lo ? at : lo;
		hi = at + ph->p_memsz > hi ? at + ph->p_memsz : hi;
	}
	if (r->inside < lo || r->inside >= hi)
		return 0;
	r->start = lo;
	r->end = hi;
	return 1;
}

static bool within(const struct range *r, uintptr_t address)
{
	return address >= r->start && address < r->end;
}

void ds_unwind_init(void)
{
	void *handle = dlopen(LIBUNWIND, RTLD_NOW | RTLD_LOCAL);

	dl_iterate_phdr(find_range, &own_code);
	if (!handle) {
		(void)dlerror();
		return;
	}
	*(void **)&unwind.backtrace = dlsym(handle, NAME_OF(unw_backtrace));
	*(void **)&unwind.init_local2 = dlsym(handle, NAME_OF(unw_init_local2));
	*(void **)&unwind.step = dlsym(handle, NAME_OF(unw_step));
	*(void **)&unwind.get_reg = dlsym(handle, NAME_OF(unw_get_reg));
	unwind.works = unwind.backtrace && unwind.init_local2 && unwind.step && unwind.get_reg;
	unwinder.inside = (uintptr_t)unwind.backtrace;
	if (unwind.works)
		dl_iterate_phdr(find_range, &unwinder);
	(void)dlerror();
}

bool ds_unwind_calls(const void *return_address)
{
	return within(&unwinder, (uintptr_t)return_address);
}

bool ds_own_path(char *buf, unsigned long size)
{
	Dl_info info;
	char *at = buf;

	if (!dladdr((void *)(uintptr_t)&find_range, &info) || !strchr(info.dli_fname, '/'))
		return false;
	ds_put_text(&at, buf + size, info.dli_fname);
	return true;
}

bool ds_unwind_works(void)
{
	return unwind.works;
}

_Static_assert(sizeof(void *) == sizeof(uint64_t), "libunwind fills an array of pointers");

static int walk_by_cursor(const ucontext_t *uc, uint64_t *ret, int room)
{
	unw_cursor_t cursor;
	unw_word_t pc;
	int n = 0;

	/* libunwind's context of an interrupted thread is the signal frame's ucontext */
	if (unwind.init_local2(&cursor, (unw_context_t *)(uintptr_t)uc, UNW_INIT_SIGNAL_FRAME) < 0)
		return 0;
	do {
		if (unwind.get_reg(&cursor, UNW_REG_IP, &pc) < 0 || !pc)
			break;
		if (n || !within(&own_code, pc)) /* a context of the library's own begins in it */
			ret[n++] = pc;
	} while (n < room && unwind.step(&cursor) > 0);
	return n;
}

/* Apart: who calls getcontext() is inlined nowhere, and each frame of ours costs one more to walk. */
__attribute__((noinline)) static int walk_anew(uint64_t *ret, int room)
{
	ucontext_t here;

	return getcontext(&here) ? 0 : walk_by_cursor(&here, ret, room);
}

/*
 * libunwind reads files (on arm64 always, for their .debug_frame) by open() and close(), points at
 * which a thread that is to be cancelled ends: with libunwind's lock, for which all others then wait.
 */
static int cancel_later(void)
{
	int was = PTHREAD_CANCEL_ENABLE;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &was);
	return was;
}

static void cancel_as(int was)
{
	pthread_setcancelstate(was, NULL);
}

static int walk_here(uint64_t *ret, int room, int own, int *ret_own)
{
	int n, skip = 0;

	if (DS_UNLIKELY(walking))
		return walk_anew(ret, room);
	walking = true;
	n = unwind.backtrace((void **)ret, room + own);
	walking = false;
	while (skip < n && within(&own_code, ret[skip]))
		skip++;
	*ret_own = skip;
	return n - skip < room ? n - skip : room;
}

int ds_unwind_here(uint64_t *ret, int room, int own, int *ret_own)
{
	int was, n;

	*ret_own = 0;
	if (!unwind.works || room <= 0)
		return 0;
	was = cancel_later();
	n = walk_here(ret, room, own, ret_own);
	cancel_as(was);
	return n;
}

/*
 * A walk from here passes through the handler and the signal frame into what was interrupted.  It
 * remembers how each frame is left, so it costs a small part of a walk by a cursor.  -1: it did not
 * come to that place.
 */
static int walk_through_handler(uint64_t pc, uint64_t *ret, int room)
{
	uint64_t raw[DS_MAX_FRAMES + DS_OWN_FRAMES];
	int n, at = 0;

	walking = true;
	n = unwind.backtrace((void **)raw, room + DS_OWN_FRAMES);
	walking = false;
	while (at < n && raw[at] != pc)
		at++;
	if (at >= n)
		return -1;
	n -= at;
	n = n < room ? n : room;
	memcpy(ret, raw + at, (size_t)n * sizeof(*ret));
	return n;
}

static int walk_ours(const ucontext_t *uc, bool in_call)
{
	unw_cursor_t cursor;
	unw_word_t pc;
	int r;

	if (unwind.init_local2(&cursor, (unw_context_t *)(uintptr_t)uc, UNW_INIT_SIGNAL_FRAME) < 0)
		return -1;
	for (int n = 0; n < DEEPEST; n++) {
		if (unwind.get_reg(&cursor, UNW_REG_IP, &pc) < 0)
			return -1;
		/* a handler of the program returns by code of ours */
		if (pc == (uintptr_t)ds_arch_restorer || !within(&own_code, pc))
			in_call = false;
		else if (!in_call)
			return 1;
		r = unwind.step(&cursor);
		if (r <= 0)
			return r;
	}
	return -1;
}

int ds_unwind_ours(const ucontext_t *uc, bool in_call)
{
	int was, r;

	if (!unwind.works)
		return -1;
	was = cancel_later();
	r = walk_ours(uc, in_call);
	cancel_as(was);
	return r;
}

int ds_unwind_context(const ucontext_t *uc, uint64_t *ret, int room)
{
	uint64_t pc = ds_arch_pc(uc);
	int was, n = -1;

	if (!unwind.works || room <= 0)
		return 0;
	was = cancel_later();
	if (!walking && room <= DS_MAX_FRAMES && !within(&own_code, pc))
		n = walk_through_handler(pc, ret, room);
	if (n < 0)
		n = walk_by_cursor(uc, ret, room);
	cancel_as(was);
	return n;
}
