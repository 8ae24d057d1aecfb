/* SPDX-License-Identifier: MIT */
/*
 * The only user of dlsym.  RTLD_NEXT, not a handle of libc: other preloads between us and libc (a
 * sanitizer, pw-v4l2) must see the program's calls.
 */
#include "preload/real.h"

#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stdbool.h>
#include <string.h>

#include "preload/arch/arch.h"

struct ds_real ds_real;
bool ds_real_ready;
bool ds_real_converts;

/* Since glibc 2.39: a number of the form "2.N". */
static bool has_pidfd_spawn(void)
{
	const char *minor = strchr(gnu_get_libc_version(), '.');

	return minor && minor[1] >= '3' && minor[2] && (minor[1] > '3' || minor[2] >= '9');
}

/*
 * Nothing below may fail: a symbol that this libc lacks stays NULL, and nobody can call it.
 *
 * The first caller may be a malloc() that is just starting (jemalloc maps its first page), and for
 * a missing symbol dlsym() allocates a message: that name is not even asked for where it cannot be.
 */
static void *next(const char *name)
{
	if (sizeof(long) == 8 && !strcmp(name, "__ioctl_time64"))
		return NULL;
	if (!strncmp(name, "pidfd_spawn", strlen("pidfd_spawn")) && !has_pidfd_spawn())
		return NULL;
	return dlsym(RTLD_NEXT, name);
}

static bool is_v4l2convert(void *fn)
{
	Dl_info info;

	return fn && dladdr(fn, &info) && info.dli_fname && strstr(info.dli_fname, "v4l2convert");
}

void ds_real_init(void)
{
	static _Atomic int busy;

	if (ds_real_ready || busy++)
		return;
#define FN(ret, name, params)				      ds_real.name = (__typeof__(ds_real.name))next(#name);
#define IO(ret, name, params, args, op, pointer, bytes, unit) FN(ret, name, params)
#define IOV(ret, name, params, args, op, vector, count)	      FN(ret, name, params)
#define MSG(ret, name, params, args, op, vector, count)	      FN(ret, name, params)
#include "preload/libc.def"
#undef FN
#undef IO
#undef IOV
#undef MSG
	ds_arch_vfork_next = ds_real.vfork;
	ds_real_converts = is_v4l2convert(*(void **)&ds_real.ioctl);
	(void)dlerror(); /* a missing symbol left a message that is not the program's */
	ds_real_ready = 1;
}
