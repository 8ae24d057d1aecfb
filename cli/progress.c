/* SPDX-License-Identifier: MIT */
/* Progress by a timer: the work itself knows nothing of it. */
#include "cli/progress.h"

#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static volatile sig_atomic_t seconds;
static const char *doing;
static bool running;

static void put(const char *text, size_t size)
{
	(void)!write(STDERR_FILENO, text, size);
}

/* Only write(2) here: the work is interrupted at any point. */
static void tick(int signal)
{
	static const char head[] = "\rdmasan: ";
	char tail[] = " ...     s";
	unsigned left = (unsigned)++seconds;

	(void)signal;
	for (size_t at = sizeof(tail) - 4; left && at > 4; left /= 10)
		tail[at--] = (char)('0' + left % 10);
	put(head, sizeof(head) - 1);
	put(doing, strlen(doing));
	put(tail, sizeof(tail) - 1);
}

void ds_progress_start(const char *what)
{
	static const struct itimerval every_second = {{1, 0}, {1, 0}};
	struct sigaction action = {.sa_handler = tick, .sa_flags = SA_RESTART};

	if (!isatty(STDERR_FILENO))
		return;
	seconds = 0;
	doing = what;
	running = true;
	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &every_second, NULL);
}

void ds_progress_stop(void)
{
	static const struct itimerval never;

	if (!running)
		return;
	setitimer(ITIMER_REAL, &never, NULL);
	signal(SIGALRM, SIG_DFL);
	running = false;
	if (seconds)
		put("\r\033[K", 4);
}
