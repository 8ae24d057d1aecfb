/* SPDX-License-Identifier: MIT */
/* Signal masks that name SIGSEGV, and what waits for it, while guarded memory is touched. */
#include "case.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <time.h>

static volatile int calls;

static sigset_t one(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	return set;
}

static void shows(int sig)
{
	calls++;
	touch();
	say("  handler of %d under mask %#llx", sig, mask_now());
}

static void block_and_read(void)
{
	sigset_t set = one(SIGSEGV), old;

	sigemptyset(&old);
	for (int how = 0; how < 2; how++) {
		sigprocmask(SIG_BLOCK, &set, &old);
		say("  was %d, mask %#llx", sigismember(&old, SIGSEGV), mask_now());
		touch();
	}
	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, &old);
	touch();
	say("  full: %#llx", mask_now());
	set = one(SIGSEGV);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	/* docs/limits.md, signals: nobody asks for SIGSTKFLT */
	say("  without it: %#llx", mask_now() & ~(1ull << (SIGSTKFLT - 1)));
	sigemptyset(&set);
	sigprocmask(SIG_SETMASK, &set, NULL);
	say("  empty: %#llx", mask_now());
	sighold(SIGSEGV);
	touch();
	say("  sighold: %#llx", mask_now());
	sigrelse(SIGSEGV);
	say("  sigrelse: %#llx", mask_now());
	syscall(SYS_rt_sigprocmask, SIG_BLOCK, &(uint64_t){1ull << (SIGSEGV - 1)}, NULL, 8);
	touch();
	say("  by syscall(): %#llx", mask_now());
	say("  nonsense: %d", sigprocmask(42, &set, NULL));
}

/* A sent SIGSEGV waits while it is blocked. */
static void pending(void)
{
	sigset_t set = one(SIGSEGV), now;

	signal(SIGSEGV, shows);
	sigprocmask(SIG_BLOCK, &set, NULL);
	touch();
	raise(SIGSEGV);
	sigemptyset(&now);
	sigpending(&now);
	say("  handled %d, pending %d", calls, sigismember(&now, SIGSEGV));
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	say("  handled %d", calls);
	touch();
}

static void waits(void)
{
	const struct timespec second = {1, 0};
	sigset_t set = one(SIGSEGV);
	siginfo_t info;
	int sig = 0;

	sigprocmask(SIG_BLOCK, &set, NULL);
	touch();
	raise(SIGSEGV);
	say("  sigwait: %d, signal %d", sigwait(&set, &sig), sig);
	kill(getpid(), SIGSEGV);
	say("  sigwaitinfo: %d", sigwaitinfo(&set, &info));
	sigqueue(getpid(), SIGSEGV, (union sigval){.sival_int = 7});
	sig = sigtimedwait(&set, &info, &second);
	say("  sigtimedwait: %d code %d value %d", sig, info.si_code, info.si_value.sival_int);
	touch();
	say("  mask %#llx", mask_now());
}

static void by_descriptor(void)
{
	sigset_t set = one(SIGSEGV);
	struct signalfd_siginfo info = {0};
	struct pollfd p = {.events = POLLIN};

	sigprocmask(SIG_BLOCK, &set, NULL);
	p.fd = signalfd(-1, &set, SFD_CLOEXEC);
	say("  poll before: %d", poll(&p, 1, 0));
	touch();
	raise(SIGSEGV);
	say("  poll after: %d", poll(&p, 1, 1000));
	say("  read %zd: signal %u code %d", read(p.fd, &info, sizeof(info)), info.ssi_signo,
	    info.ssi_code);
}

/* sigsetjmp saves the mask as the program believes it. */
static void jump(void)
{
	sigset_t set = one(SIGSEGV);
	sigjmp_buf out;

	sigprocmask(SIG_BLOCK, &set, NULL);
	if (!sigsetjmp(out, 1)) {
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		say("  open: %#llx", mask_now());
		siglongjmp(out, 1);
	}
	touch();
	say("  jumped: %#llx", mask_now());
}

static void everything_blocked_in_handler(void)
{
	struct sigaction act = {.sa_flags = 0}, old;

	act.sa_handler = shows;
	sigfillset(&act.sa_mask);
	sigaction(SIGUSR1, &act, NULL);
	raise(SIGUSR1);
	touch();
	sigaction(SIGUSR1, NULL, &old);
	say("  its mask: %#llx", *(unsigned long long *)&old.sa_mask);
}

static void *in_thread(void *arg)
{
	touch();
	say("  thread's mask: %#llx", mask_now());
	return arg;
}

static void threads(void)
{
	pthread_attr_t attr;
	pthread_t thread;
	sigset_t set;

	sigfillset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	pthread_create(&thread, NULL, in_thread, NULL);
	pthread_join(thread, NULL);
	sigemptyset(&set);
	pthread_sigmask(SIG_SETMASK, &set, NULL);
	set = one(SIGSEGV);
	pthread_attr_init(&attr);
	pthread_attr_setsigmask_np(&attr, &set);
	sigemptyset(&set);
	pthread_attr_getsigmask_np(&attr, &set);
	say("  attribute: %d", sigismember(&set, SIGSEGV));
	pthread_create(&thread, &attr, in_thread, NULL);
	pthread_join(thread, NULL);
}

static void *waits_for_all(void *arg)
{
	sigset_t set = one(SIGSEGV);
	int sig = 0;

	touch();
	sigwait(&set, &sig);
	say("  the waiting thread got %d", sig);
	return arg;
}

/* All threads block it, one waits: kill() of the process reaches that one. */
static void waiting_thread(void)
{
	sigset_t set = one(SIGSEGV);
	pthread_t thread;

	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&thread, NULL, waits_for_all, NULL);
	usleep(100000);
	touch();
	kill(getpid(), SIGSEGV);
	pthread_join(thread, NULL);
}

static void while_waiting(void)
{
	const struct timespec second = {1, 0};
	struct epoll_event ev;
	sigset_t usr = one(SIGUSR1), all;
	struct sigaction act = {.sa_flags = 0};
	int fd = epoll_create1(EPOLL_CLOEXEC);

	act.sa_handler = shows;
	sigaction(SIGUSR1, &act, NULL);
	sigprocmask(SIG_BLOCK, &usr, NULL);
	sigfillset(&all);
	sigdelset(&all, SIGUSR1);
	raise(SIGUSR1);
	say("  sigsuspend: %d", sigsuspend(&all));
	raise(SIGUSR1);
	say("  ppoll: %d", ppoll(NULL, 0, &second, &all));
	raise(SIGUSR1);
	say("  pselect: %d", pselect(0, NULL, NULL, NULL, &second, &all));
	raise(SIGUSR1);
	say("  epoll_pwait: %d", epoll_pwait(fd, &ev, 1, 1000, &all));
	say("  mask %#llx", mask_now());
}

static void say_mask(void)
{
	touch();
	say("  mask in the new image: %#llx", mask_now());
}

static void through_exec(void)
{
	sigset_t set = one(SIGSEGV);

	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	execl("/proc/self/exe", "masks", "say-mask", (char *)NULL);
}

static void through_fork(void)
{
	sigset_t set = one(SIGSEGV);

	sigprocmask(SIG_BLOCK, &set, NULL);
	in_child("child", say_mask);
}

/* Blocked and faulting: the kernel asks nobody. */
static void faults(void)
{
	*(volatile char *)forbidden_page() = 1;
}

static void deadly(void)
{
	sigset_t set = one(SIGSEGV);

	signal(SIGSEGV, shows);
	sigprocmask(SIG_BLOCK, &set, NULL);
	touch();
	in_child("a fault while blocked", faults);
}

static void bsd(void)
{
	say("  sigblock: %#x", (unsigned)sigblock(1 << (SIGSEGV - 1)));
	touch();
	say("  sigsetmask: %#x", (unsigned)sigsetmask(0));
	say("  siggetmask: %#x", (unsigned)siggetmask());
}

const struct test_case cases[] = {
	{"block", block_and_read},
	{"pending", pending},
	{"wait", waits},
	{"signalfd", by_descriptor},
	{"jump", jump},
	{"handler", everything_blocked_in_handler},
	{"threads", threads},
	{"waiting-thread", waiting_thread},
	{"while-waiting", while_waiting},
	{"exec", through_exec},
	{"fork", through_fork},
	{"deadly", deadly},
	{"bsd", bsd},
	{"say-mask", say_mask},
	{NULL, NULL},
};
