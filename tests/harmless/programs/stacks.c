/* SPDX-License-Identifier: MIT */
/* Alternate stacks, tiny stacks, the end of a stack. */
#include "case.h"

#include <limits.h>

static sigjmp_buf out;
static char *alternate;
static size_t alternate_size;

static bool on_alternate(void)
{
	const char *here = __builtin_frame_address(0);

	return here >= alternate && here < alternate + alternate_size;
}

/* Pages on both sides stay out of reach, so that one byte too many is seen. */
static char *walled(size_t size)
{
	size_t room = (size + 4095) & ~4095ul;
	char *p = mmap(NULL, room + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	mprotect(p + 4096, room, PROT_READ | PROT_WRITE);
	return p + 4096;
}

static void set_alternate(size_t size)
{
	stack_t stack = {.ss_size = size};

	alternate = walled(size);
	alternate_size = size;
	stack.ss_sp = alternate;
	if (sigaltstack(&stack, NULL))
		say("  sigaltstack: %s", strerror(errno));
}

static void where(int sig, siginfo_t *info, void *context)
{
	stack_t now;

	(void)info;
	(void)context;
	sigaltstack(NULL, &now);
	say("  signal %d on the alternate stack: %d, said so: %d", sig, on_alternate(),
	    now.ss_flags & SS_ONSTACK);
	touch();
	siglongjmp(out, 1);
}

static void fault(void)
{
	*(volatile char *)forbidden_page() = 1;
}

static void install(int flags)
{
	struct sigaction act = {.sa_flags = SA_SIGINFO | flags};

	act.sa_sigaction = where;
	sigaction(SIGSEGV, &act, NULL);
}

static void with_and_without(void)
{
	set_alternate(65536);
	for (int i = 0; i < 4; i++) {
		install(i & 1 ? SA_ONSTACK : 0);
		touch();
		if (!sigsetjmp(out, 1))
			fault();
		if (!sigsetjmp(out, 1))
			raise(SIGSEGV);
	}
}

/* A handler that is not for the alternate stack needs more room than that has. */
static void needs_room(int sig, siginfo_t *info, void *context)
{
	volatile char room[100000];

	(void)sig;
	(void)context;
	for (size_t i = 0; i < sizeof(room); i += 1000)
		room[i] = 1;
	say("  a large frame, code %d, alternate %d", info->si_code, on_alternate());
	mprotect(info->si_addr, 4096, PROT_READ | PROT_WRITE);
}

static void large_frame(void)
{
	struct sigaction act = {.sa_flags = SA_SIGINFO};
	double d = 1.5;

	set_alternate((size_t)sysconf(_SC_MINSIGSTKSZ) + 2048);
	act.sa_sigaction = needs_room;
	sigaction(SIGSEGV, &act, NULL);
	for (int i = 0; i < 3; i++) {
		fault();
		d *= 2; /* the vector registers come back from the frame */
	}
	say("  returned, d = %g, mask %#llx", d, mask_now());
}

/* As small as the kernel allows: what is next to the stack stays whole. */
static void tiny(void)
{
	size_t size = (size_t)sysconf(_SC_MINSIGSTKSZ);

	set_alternate(size < 2048 ? 2048 : size);
	for (int i = 0; i < 20; i++)
		touch();
	say("  traps on the smallest alternate stack: alive");
}

/* Found when the program is loaded: the loader needs more room to find it than a handler has. */
static void (*volatile const end_now)(int status) = _exit;

static void ends(int sig)
{
	end_now(sig == SIGUSR1 ? 5 : 6);
}

static void end_in_handler(void)
{
	struct sigaction act = {.sa_flags = SA_ONSTACK};

	act.sa_handler = ends;
	sigaction(SIGUSR1, &act, NULL);
	touch();
	raise(SIGUSR1);
}

/* As much as a handler needs that does nothing but end the process. */
static void exits(void)
{
	set_alternate((size_t)sysconf(_SC_MINSIGSTKSZ) + 2048);
	in_child("_exit on a small alternate stack", end_in_handler);
	end_in_handler();
}

static void *little(void *arg)
{
	volatile char room[6000];

	room[0] = room[sizeof(room) - 1] = 1;
	for (int i = 0; i < 8; i++)
		touch();
	return arg;
}

static void small_thread(void)
{
	size_t size = (size_t)sysconf(_SC_THREAD_STACK_MIN);
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, size < 16384 ? 16384 : size);
	if (!pthread_create(&thread, &attr, little, NULL))
		pthread_join(thread, NULL);
	say("  a thread on the smallest stack: alive");
}

static int endless(int n)
{
	volatile char room[4096] = {0};

	room[n & 4095] = 1;
	return endless(n + 1) + room[0];
}

static void overflows(void)
{
	endless(0);
}

static void overflow_handled(void)
{
	const struct rlimit limit = {1 << 20, 1 << 20};

	setrlimit(RLIMIT_STACK, &limit);
	set_alternate(65536);
	install(SA_ONSTACK);
	for (int i = 0; i < 2; i++) {
		touch();
		if (!sigsetjmp(out, 1))
			overflows();
		say("  overflow %d survived", i);
	}
	touch();
}

static void overflow_elsewhere(void)
{
	set_alternate(65536);
	install(0); /* the handler would need the stack that has ended */
	overflows();
}

static void overflow(void)
{
	const struct rlimit limit = {1 << 20, 1 << 20};

	setrlimit(RLIMIT_STACK, &limit);
	in_child("without a handler", overflows);
	in_child("with a handler that has no stack", overflow_elsewhere);
	overflow_handled();
}

static void *thread_overflow(void *arg)
{
	set_alternate(32768);
	if (!sigsetjmp(out, 1))
		overflows();
	say("  overflow of a thread survived");
	return arg;
}

static void in_thread(void)
{
	pthread_t thread;

	install(SA_ONSTACK);
	pthread_create(&thread, NULL, thread_overflow, NULL);
	pthread_join(thread, NULL);
}

const struct test_case cases[] = {
	{"where", with_and_without},
	{"large-frame", large_frame},
	{"tiny", tiny},
	{"exit", exits},
	{"small-thread", small_thread},
	{"overflow", overflow},
	{"thread-overflow", in_thread},
	{NULL, NULL},
};
