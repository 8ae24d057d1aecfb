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

/* Only write(2) here: the work is interrupted at any point. */
static void tick(int signal)
{
	char line[80] = "\rdmasan: ";
	size_t used = strlen(line), n = strlen(doing);
	char digits[] = " ...     s";
	unsigned left = (unsigned)++seconds;

	(void)signal;
	n = n < sizeof(line) - used - sizeof(digits) ? n : sizeof(line) - used - sizeof(digits);
	for (size_t at = sizeof(digits) - 4; left && at > 4; left /= 10)
		digits[at--] = (char)('0' + left % 10);
	memcpy(line + used, doing, n);
	memcpy(line + used + n, digits, sizeof(digits) - 1);
	(void)!write(STDERR_FILENO, line, used + n + sizeof(digits) - 1);
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
		(void)!write(STDERR_FILENO, "\r\033[K", 4);
}
