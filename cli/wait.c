/* SPDX-License-Identifier: MIT */
/* Waits for the traced program and passes signals on to it. */
#include "cli/wait.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/cli.h"

/* Who gets the signals that are sent to dmasan alone; 0 = nobody. */
static volatile pid_t program_pid;

/*
 * The terminal sends its signals to the whole foreground group: the program has them by itself.
 * What a process sends to dmasan alone is meant for the program.
 */
static void pass_on(int sig, siginfo_t *info, void *context)
{
	int saved = errno;
	bool keyboard = sig == SIGINT || sig == SIGQUIT;

	(void)context;
	/* a sender within the group (timeout) signals the group as well */
	if (program_pid > 0 && info->si_code <= 0 &&
	    !(keyboard && getpgid(info->si_pid) == getpgrp()))
		kill(program_pid, sig);
	errno = saved;
}

static const int passed_on[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};
#define PASSED_ON (sizeof(passed_on) / sizeof(passed_on[0]))

void ds_wait_block(sigset_t *ret_old)
{
	sigset_t set;

	sigemptyset(&set);
	for (unsigned i = 0; i < PASSED_ON; i++)
		sigaddset(&set, passed_on[i]);
	sigprocmask(SIG_BLOCK, &set, ret_old);
}

static void catch (struct sigaction *old)
{
	struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART};

	for (unsigned i = 0; i < PASSED_ON; i++) {
		sigaction(passed_on[i], NULL, &old[i]);
		if (old[i].sa_handler != SIG_IGN) /* nohup */
			sigaction(passed_on[i], &action, NULL);
	}
}

static void uncatch(const struct sigaction *old)
{
	for (unsigned i = 0; i < PASSED_ON; i++)
		sigaction(passed_on[i], &old[i], NULL);
}

int ds_wait_program(pid_t pid, const sigset_t *mask)
{
	struct sigaction old[PASSED_ON];
	siginfo_t info;
	sigset_t ignored;
	int status = 0;

	program_pid = pid;
	catch (old);
	sigprocmask(SIG_SETMASK, mask, NULL);
	while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) < 0 && errno == EINTR)
		;
	ds_wait_block(&ignored); /* its number may be given out again once it is reaped */
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	program_pid = 0;
	uncatch(old);
	sigprocmask(SIG_SETMASK, mask, NULL);
	if (!WIFSIGNALED(status))
		return WEXITSTATUS(status);
	ds_cli_note("the program was ended by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	return 128 + WTERMSIG(status);
}
