/* SPDX-License-Identifier: MIT */
/* The program's own SIGSEGV, SIGBUS and SIGTRAP handlers, in every way of installing them. */
#include "case.h"

#include <execinfo.h>

static sigjmp_buf out;
static volatile int calls;

static int blocked(int sig)
{
	sigset_t now;

	sigemptyset(&now);
	sigprocmask(SIG_BLOCK, NULL, &now);
	return sigismember(&now, sig);
}

static void with_info(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	calls++;
	say("  handler: signal %d code %d value %d, blocked %d, context mask has it %d", sig,
	    info->si_code, info->si_code == SI_QUEUE ? info->si_value.sival_int : 0, blocked(sig),
	    sigismember(&uc->uc_sigmask, sig));
	touch();
	siglongjmp(out, 1);
}

static void plain(int sig)
{
	calls++;
	say("  handler: signal %d, blocked %d", sig, blocked(sig));
	touch();
	siglongjmp(out, 1);
}

static void say_action(int sig)
{
	struct sigaction now;

	memset(&now, 0, sizeof(now));
	sigaction(sig, NULL, &now);
	say("  action: %s flags %#x mask %#llx",
	    now.sa_handler == SIG_DFL	? "default"
	    : now.sa_handler == SIG_IGN ? "ignore"
					: "handler",
	    (unsigned)now.sa_flags, *(unsigned long long *)&now.sa_mask);
}

static void fault(int sig)
{
	char *page = forbidden_page(), path[] = "/tmp/harmless-XXXXXX";
	int fd;

	if (sig == SIGSEGV) {
		*(volatile char *)page = 1;
	} else if (sig == SIGTRAP) {
#ifdef __x86_64__
		__asm__ volatile("int3");
#else
		raise(SIGTRAP);
#endif
	} else { /* a mapping beyond the end of its file */
		fd = mkstemp(path);
		unlink(path);
		page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
		close(fd);
		(void)*(volatile char *)page;
	}
}

static void try(const char *how, int sig)
{
	static const union sigval value = {.sival_int = 42};

	touch();
	say(" %s, signal %d", how, sig);
	say_action(sig);
	if (!sigsetjmp(out, 1))
		fault(sig);
	say_action(sig);
	touch();
	if (!sigsetjmp(out, 1))
		fault(sig);
	if (!sigsetjmp(out, 1))
		raise(sig);
	if (!sigsetjmp(out, 1))
		sigqueue(getpid(), sig, value);
	say("  mask after: %#llx", mask_now());
}

static void installed_by(int sig)
{
	struct sigaction act = {.sa_flags = SA_SIGINFO};

	act.sa_sigaction = with_info;
	sigaddset(&act.sa_mask, SIGUSR2);
	sigaddset(&act.sa_mask, SIGKILL);
	sigaction(sig, &act, NULL);
	try("sigaction, siginfo", sig);
	act = (struct sigaction){.sa_flags = SA_NODEFER | (int)SA_RESTART};
	act.sa_handler = plain;
	sigaction(sig, &act, NULL);
	try("sigaction, plain, nodefer", sig);
	say(" signal says %s", signal(sig, plain) == plain ? "the old handler" : "another");
	try("signal", sig);
	say(" sigset says %s", sigset(sig, plain) == plain ? "the old handler" : "another");
	try("sigset", sig);
	sigset(sig, SIG_HOLD);
	say(" held: mask %#llx", mask_now());
	say(" sigset says %s", sigset(sig, plain) == SIG_HOLD ? "held" : "not held");
	say(" mask %#llx", mask_now());
}

static void segv(void)
{
	installed_by(SIGSEGV);
}
static void bus(void)
{
	installed_by(SIGBUS);
}
static void trap(void)
{
	installed_by(SIGTRAP);
}

/* One-shot: the second fault is deadly. */
static void one_shot_twice(void)
{
	say_action(SIGSEGV);
	if (!sigsetjmp(out, 1))
		fault(SIGSEGV);
	say_action(SIGSEGV);
	touch();
	fault(SIGSEGV);
}

static void one_shot(void)
{
	struct sigaction act = {.sa_flags = SA_SIGINFO | (int)SA_RESETHAND};

	act.sa_sigaction = with_info;
	sigaction(SIGSEGV, &act, NULL);
	in_child("SA_RESETHAND", one_shot_twice);
	sysv_signal(SIGSEGV, plain);
	in_child("sysv_signal", one_shot_twice);
}

static void faults_again(int sig)
{
	if (++calls < 3) {
		say("  fault in the handler, blocked %d", blocked(sig));
		fault(SIGSEGV);
	}
	touch();
	siglongjmp(out, 1);
}

static void nest(void)
{
	if (!sigsetjmp(out, 1))
		fault(SIGSEGV);
	say("  calls %d", calls);
}

static void nested(void)
{
	struct sigaction act = {.sa_flags = SA_NODEFER};

	act.sa_handler = faults_again;
	sigaction(SIGSEGV, &act, NULL);
	in_child("with SA_NODEFER", nest);
	act.sa_flags = 0;
	sigaction(SIGSEGV, &act, NULL);
	in_child("without SA_NODEFER", nest);
}

/* After the handler has returned or jumped out, the next fault is a first one again. */
static char *repair;

static void repairs(int sig)
{
	calls++;
	say("  repaired at the fault: blocked %d", blocked(sig));
	mprotect(repair, 4096, PROT_READ | PROT_WRITE);
	touch();
}

static void deeper(int n)
{
	volatile char room[2000];

	room[0] = (char)n;
	if (n)
		deeper(n - 1);
	repair = forbidden_page();
	*repair = room[0];
}

static void returns(void)
{
	signal(SIGSEGV, repairs);
	repair = forbidden_page();
	*repair = 1;
	deeper(8);
	say("  calls %d mask %#llx", calls, mask_now());
}

static void skips(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	say("  address %s", info->si_addr == (void *)repair ? "right" : "wrong");
#ifdef __x86_64__
	uc->uc_mcontext.gregs[REG_RIP] += 3; /* movb (%rax), %bl ... of fixed length */
	uc->uc_mcontext.gregs[REG_RBX] = 77;
#else
	uc->uc_mcontext.pc += 4;
	uc->uc_mcontext.regs[9] = 77;
#endif
}

static void context(void)
{
	struct sigaction act = {.sa_flags = SA_SIGINFO};
	unsigned long got = 0;

	act.sa_sigaction = skips;
	sigaction(SIGSEGV, &act, NULL);
	repair = forbidden_page();
#ifdef __x86_64__
	__asm__ volatile("xorl %%ebx, %%ebx\n\tmovq (%1), %%rbx\n\tmovq %%rbx, %0"
			 : "=r"(got)
			 : "a"(repair)
			 : "rbx");
#else
	__asm__ volatile("mov x9, 0\n\tldr x9, [%1]\n\tmov %0, x9"
			 : "=r"(got)
			 : "r"(repair)
			 : "x9");
#endif
	say("  register set by the handler: %lu", got);
}

static void counts_frames(int sig)
{
	void *frame[64];

	(void)sig;
	say("  frames in the handler: %d", backtrace(frame, 64));
	siglongjmp(out, 1);
}

static void frames(void)
{
	void *warm[4];

	backtrace(warm, 4);
	signal(SIGSEGV, counts_frames);
	if (!sigsetjmp(out, 1))
		fault(SIGSEGV);
}

static void ignored_fault(void)
{
	raise(SIGSEGV);
	say("  sent and ignored");
	fault(SIGSEGV);
}

static void ignored(void)
{
	signal(SIGSEGV, SIG_IGN);
	in_child("SIG_IGN", ignored_fault);
	sigignore(SIGSEGV);
	in_child("sigignore", ignored_fault);
}

static void deref(void)
{
	fault(SIGSEGV);
}
static void past_end(void)
{
	fault(SIGBUS);
}
static void breakpoint(void)
{
	fault(SIGTRAP);
}
static void raised(void)
{
	raise(SIGSEGV);
}
static void aborted(void)
{
	abort();
}

static void deaths(void)
{
	in_child("SIGSEGV by an instruction", deref);
	in_child("SIGSEGV by raise", raised);
	in_child("SIGBUS", past_end);
	in_child("SIGTRAP", breakpoint);
	in_child("SIGABRT", aborted);
}

static void noted(int sig)
{
	(void)sig;
	calls++;
}

/* A sent SIGSEGV interrupts a system call or restarts it, as the action says. */
static void interrupt(void)
{
	struct sigaction act = {.sa_flags = 0};
	char byte;
	int p[2];

	act.sa_handler = noted;
	for (int restart = 0; restart < 3; restart++) {
		pid_t pid;
		ssize_t n;

		act.sa_flags = restart ? (int)SA_RESTART : 0;
		sigaction(SIGSEGV, &act, NULL);
		if (restart == 2)
			siginterrupt(SIGSEGV, 1);
		if (pipe(p))
			return;
		pid = fork();
		if (!pid) {
			usleep(100000);
			kill(getppid(), SIGSEGV);
			usleep(200000);
			_exit(write(p[1], "x", 1) != 1);
		}
		n = read(p[0], &byte, 1);
		say("  read: %zd %s", n, n < 0 ? strerror(errno) : "");
		waitpid(pid, NULL, 0);
		close(p[0]);
		close(p[1]);
	}
}

static void set_in_vfork(void)
{
	pid_t pid;

	signal(SIGSEGV, plain);
	pid = vfork();
	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	say_action(SIGSEGV);
	if (!sigsetjmp(out, 1))
		fault(SIGSEGV);
}

static __thread sigjmp_buf mine;

static void jumps(int sig)
{
	(void)sig;
	siglongjmp(mine, 1);
}

static void *crashes(void *arg)
{
	char *page = forbidden_page();
	long *count = arg;

	for (int i = 0; i < 2000; i++) {
		signal(SIGSEGV, jumps);
		if (!sigsetjmp(mine, 1))
			*(volatile char *)page = 1;
		else
			++*count;
	}
	return NULL;
}

/* Handlers change while faults and other signals arrive: nothing hangs, no fault is lost. */
static void storm(void)
{
	const struct itimerval fast = {{0, 500}, {0, 500}}, off = {{0, 0}, {0, 0}};
	pthread_t thread[4];
	long count[4] = {0}, sum = 0;

	signal(SIGALRM, noted);
	setitimer(ITIMER_REAL, &fast, NULL);
	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, crashes, &count[i]);
	for (int i = 0; i < 4; i++) {
		pthread_join(thread[i], NULL);
		sum += count[i];
	}
	setitimer(ITIMER_REAL, &off, NULL);
	say("  %ld faults caught, timer %s", sum, calls ? "ran" : "did not run");
}

const struct test_case cases[] = {
	{"segv", segv},		  {"bus", bus},
	{"trap", trap},		  {"one-shot", one_shot},
	{"nested", nested},	  {"returns", returns},
	{"context", context},	  {"frames", frames},
	{"ignored", ignored},	  {"deaths", deaths},
	{"interrupt", interrupt}, {"vfork", set_in_vfork},
	{"storm", storm},	  {NULL, NULL},
};
