/* SPDX-License-Identifier: MIT */
/*
 * Handlers that do not return: out of a call that hands guarded memory to the kernel, at any instruction.
 * Whatever the thread does afterwards, or if it has ended, the others go on.
 */
#include "case.h"

#include <poll.h>

enum { JUMPS = 30, READS = 100 };

static sigjmp_buf away;
static _Atomic bool over;
static _Atomic long reads;
static int zero;

static void leaves(int sig)
{
	(void)sig;
	siglongjmp(away, 1);
}

static void read_once(void)
{
	if (read(zero, touch_page(), 64) != 64)
		say("  read: %s", strerror(errno));
}

static void *reads_on(void *arg)
{
	for (; !over; reads++)
		read_once();
	return arg;
}

/* Each thread that wants the signal unblocks it for itself. */
static void block(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void unblock(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

static void jump_out(void)
{
	const struct itimerval often = {{0, 1000}, {0, 1000}}, off = {{0, 0}, {0, 0}};
	volatile int jumps = 0;

	if (sigsetjmp(away, 0))
		jumps++;
	unblock(SIGPROF);
	if (!jumps) {
		signal(SIGPROF, leaves);
		setitimer(ITIMER_PROF, &often, NULL);
	}
	while (jumps < JUMPS)
		read_once();
	signal(SIGPROF, SIG_IGN);
	setitimer(ITIMER_PROF, &off, NULL);
	block(SIGPROF);
}

/* Calls nothing that the library would see. */
static void computes(void)
{
	for (long before = reads; reads < before + READS;)
		;
}

static void rounds(int n, void (*then)(void))
{
	pthread_t thread;

	zero = open("/dev/zero", O_RDONLY);
	block(SIGPROF);
	for (int i = 0; i < n; i++) {
		over = false;
		pthread_create(&thread, NULL, reads_on, NULL);
		jump_out();
		if (then)
			then();
		over = true;
		pthread_join(thread, NULL);
	}
	say("  %d times %d jumps, the other thread %s", n, JUMPS, reads ? "ran" : "did not run");
}

static void then_joins(void)
{
	rounds(20, NULL);
}

static void then_computes(void)
{
	rounds(20, computes);
}

/* In calls of which the library has a frame on the stack. */
static void polls(void)
{
	long before = reads;

	for (int i = 0; i < 50 && reads < before + READS; i++)
		poll(NULL, 0, 100);
	if (reads < before + READS)
		say("  the other thread stands still");
}

static void then_polls(void)
{
	rounds(20, polls);
}

static void ends(int sig)
{
	(void)sig;
	pthread_exit(NULL);
}

static void *reads_until_ended(void *arg)
{
	unblock(SIGUSR1);
	for (;;)
		read_once();
	return arg;
}

static void ends_inside(void)
{
	pthread_t thread, other;

	zero = open("/dev/zero", O_RDONLY);
	block(SIGUSR1);
	signal(SIGUSR1, ends);
	pthread_create(&other, NULL, reads_on, NULL);
	for (int i = 0; i < 100; i++) {
		pthread_create(&thread, NULL, reads_until_ended, NULL);
		usleep(1000 + i * 37);
		pthread_kill(thread, SIGUSR1);
		pthread_join(thread, NULL);
	}
	computes();
	over = true;
	pthread_join(other, NULL);
	say("  100 threads ended, the other one %s", reads ? "ran" : "did not run");
}

static void *outlives(void *arg)
{
	const pthread_t *first = arg;

	usleep(3000);
	pthread_kill(*first, SIGUSR1);
	for (int i = 0; i < READS; i++) {
		read_once();
		usleep(100);
	}
	_exit(7);
}

static void main_ends_once(void)
{
	pthread_t self = pthread_self(), thread;

	zero = open("/dev/zero", O_RDONLY);
	signal(SIGUSR1, ends);
	pthread_create(&thread, NULL, outlives, &self);
	for (;;)
		read_once();
}

static void main_ends(void)
{
	for (int i = 0; i < 20; i++)
		in_child("  the other thread", main_ends_once);
}

const struct test_case cases[] = {
	{"then-joins", then_joins},   {"then-computes", then_computes}, {"then-polls", then_polls},
	{"ends-inside", ends_inside}, {"main-ends", main_ends},		{NULL, NULL},
};
