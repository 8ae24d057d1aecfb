# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Every symbol that libdmasan.so may take from outside, each with the reason why it is safe inside
# another program: nothing here allocates, locks for long, writes to a stream, or ends the program.
# Weak symbols of the C start-up files need no row.
lint_allowed_imports() {
	cat <<'END'
__environ                the loader's environment, read at start-up and handed on to the report
environ                  the same
getenv                   DMASAN_OPTIONS, once, before the program runs
setenv                   DMASAN_OPTIONS for the children, once, before the program runs
__libc_single_threaded   a flag: is there another thread that could fork?
__errno_location         errno is saved and restored around everything
__register_atfork        a forked child starts a trace of its own
on_exit                  the end of the program, with its status
fileno                   the descriptor under a FILE that the program closes
vfork                    the report at exit; the child makes system calls only
waitpid                  the same
clock_gettime            time stamps; answered by the vDSO
sched_yield              waiting for the thread that grows the trace; no cancellation point
pthread_setcancelstate   no thread ends inside libunwind, with its lock
getauxval                AT_SECURE
getcontext               registers and mask of a thread that calls _exit(), or that unwinds already
dlopen                   libunwind.so.8, once, at start-up
dlsym                    the next library's functions, once, at start-up
gnu_get_libc_version     which functions there are to look up
dlerror                  takes back the message of a look-up that failed
dladdr                   where the library itself lies
_r_debug                 the loader's list of name spaces, read only
dl_iterate_phdr          modules and build ids
memchr                   pure
memcmp                   pure
memcpy                   pure
memmove                  pure
memset                   pure
strchr                   pure
strcmp                   pure
strcspn                  pure
strlen                   pure
strncmp                  pure
strrchr                  pure
strstr                   pure
sigaddset                pure
sigdelset                pure
sigemptyset              pure
sigfillset               pure
sigismember              pure
END
}
