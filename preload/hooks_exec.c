/* SPDX-License-Identifier: MIT */
/* Programs that are started: those that will not be observed are noted. */
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>

#include "preload/hooks.h"
#include "preload/program.h"
#include "preload/text.h"

extern char **environ;

/* Newer than the headers of Debian 12. */
int pidfd_spawn(int *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
		char *const[], char *const[]);
int pidfd_spawnp(int *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
		 char *const[], char *const[]);

/* errno is the call's; a signal handler or the child of a vfork may come here */
#define NOTED(check, call)                         \
	({                                         \
		uint32_t noted_ = 0;               \
		int saved_ = errno, r_;            \
                                                   \
		DS_REAL_INIT();                    \
		if (ds_active)                     \
			noted_ = check;            \
		errno = saved_;                    \
		r_ = call;                         \
		if (r_)                            \
			ds_program_failed(noted_); \
		r_;                                \
	})

DS_EXPORT int execve(const char *path, char *const argv[], char *const env[])
{
	return NOTED(ds_program_check(AT_FDCWD, path, env), ds_real.execve(path, argv, env));
}

DS_EXPORT int execv(const char *path, char *const argv[])
{
	return NOTED(ds_program_check(AT_FDCWD, path, environ), ds_real.execv(path, argv));
}

DS_EXPORT int execvp(const char *name, char *const argv[])
{
	return NOTED(ds_program_check_name(name, environ), ds_real.execvp(name, argv));
}

DS_EXPORT int execvpe(const char *name, char *const argv[], char *const env[])
{
	return NOTED(ds_program_check_name(name, env), ds_real.execvpe(name, argv, env));
}

DS_EXPORT int execveat(int dir, const char *path, char *const argv[], char *const env[], int flags)
{
	return NOTED(ds_program_check(dir, path, env),
		     ds_real.execveat(dir, path, argv, env, flags));
}

DS_EXPORT int fexecve(int fd, char *const argv[], char *const env[])
{
	return NOTED(ds_program_check(fd, "", env), ds_real.fexecve(fd, argv, env));
}

/* The arguments of execl() and its relatives, on the stack as in libc: a vfork's child has no heap. */
#define GATHER(argv, first, args)                              \
	size_t count_ = 1;                                     \
	va_list args, counting_;                               \
                                                               \
	va_start(args, first);                                 \
	va_copy(counting_, args);                              \
	for (const char *a_ = first; a_; count_++)             \
		a_ = va_arg(counting_, const char *);          \
	va_end(counting_);                                     \
	char *argv[count_];                                    \
	argv[0] = (char *)(uintptr_t)first;                    \
	for (size_t i_ = 1; i_ < count_ && argv[i_ - 1]; i_++) \
	argv[i_] = va_arg(args, char *)

DS_EXPORT int execl(const char *path, const char *arg, ...)
{
	GATHER(argv, arg, args);

	va_end(args);
	return execv(path, argv);
}

DS_EXPORT int execlp(const char *name, const char *arg, ...)
{
	GATHER(argv, arg, args);

	va_end(args);
	return execvp(name, argv);
}

DS_EXPORT int execle(const char *path, const char *arg, ...)
{
	GATHER(argv, arg, args);
	char *const *env = va_arg(args, char *const *);

	va_end(args);
	return execve(path, argv, env);
}

DS_EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
			  const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	return NOTED(ds_program_check(AT_FDCWD, path, env),
		     ds_real.posix_spawn(pid, path, actions, attr, argv, env));
}

DS_EXPORT int posix_spawnp(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions,
			   const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	return NOTED(ds_program_check_name(name, env),
		     ds_real.posix_spawnp(pid, name, actions, attr, argv, env));
}

/* The same, and a descriptor of the process; who asks an older libc for them by name finds ours. */
DS_EXPORT int pidfd_spawn(int *pidfd, const char *path, const posix_spawn_file_actions_t *actions,
			  const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	DS_REAL_INIT();
	if (!ds_real.pidfd_spawn)
		return ENOSYS;
	return NOTED(ds_program_check(AT_FDCWD, path, env),
		     ds_real.pidfd_spawn(pidfd, path, actions, attr, argv, env));
}

DS_EXPORT int pidfd_spawnp(int *pidfd, const char *name, const posix_spawn_file_actions_t *actions,
			   const posix_spawnattr_t *attr, char *const argv[], char *const env[])
{
	DS_REAL_INIT();
	if (!ds_real.pidfd_spawnp)
		return ENOSYS;
	return NOTED(ds_program_check_name(name, env),
		     ds_real.pidfd_spawnp(pidfd, name, actions, attr, argv, env));
}
