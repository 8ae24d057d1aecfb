/* SPDX-License-Identifier: MIT */
/* The dmasan command: picks a command and answers for what it wrote to stdout. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

#ifndef DS_VERSION
#error "DS_VERSION must be defined by the build"
#endif

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
#define COMMAND(name, help) {#name, ds_cmd_##name, help},
#include "cli/commands.def"
#undef COMMAND
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static bool reader_may_leave;

void ds_cli_ignore_sigpipe(bool may_leave)
{
	signal(SIGPIPE, SIG_IGN);
	reader_may_leave = may_leave;
}

static int help(void)
{
	ds_cli_help("Usage: dmasan COMMAND [OPTIONS] ...\n"
		    "       dmasan COMMAND --help\n"
		    "       dmasan --version\n"
		    "\n"
		    "The sanitizer for DMA buffers: watches who owns each buffer, the CPU or a "
		    "device,\n"
		    "and reports every access that the ownership rules forbid.\n"
		    "\n"
		    "Commands:\n");
	for (unsigned i = 0; i < COMMANDS; i++)
		printf("  %-9s %s\n", commands[i].name, commands[i].help);
	fputs("\n"
	      "Examples:\n"
	      "  dmasan run -- v4l2-ctl -d /dev/video0 --stream-mmap --stream-count=30\n"
	      "  dmasan run --format json=findings.json --fail-on warning -- ./camera\n"
	      "  dmasan explain OWN01\n"
	      "\n"
	      "Exit status of run and check: the program's own without findings, 66 with "
	      "findings,\n"
	      "67 with --strict when something was missed, 2 for wrong usage, 70 when dmasan "
	      "failed.\n",
	      stdout);
	return 0;
}

static int no_command(const char *name)
{
	char valid[256] = "";

	for (unsigned i = 0; i < COMMANDS; i++) {
		strcat(valid, i ? ", " : "");
		strcat(valid, commands[i].name);
	}
	if (!name)
		return ds_cli_usage("", "no command given: the commands are %s", valid);
	return ds_cli_usage("", "unknown %s '%s': the commands are %s",
			    *name == '-' ? "option" : "command", name, valid);
}

static int dispatch(int argc, char **argv)
{
	const char *name = argc > 1 ? argv[1] : NULL;

	if (!name)
		return no_command(NULL);
	if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help"))
		return help();
	if (!strcmp(name, "--version") || !strcmp(name, "-V")) {
		puts("dmasan " DS_VERSION);
		return 0;
	}
	for (unsigned i = 0; i < COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return commands[i].run(argc - 1, argv + 1);
	return no_command(name);
}

/*
 * A descriptor 0, 1 or 2 that is closed would be given out again, and messages would end up in a
 * trace.  The fillers close at exec: the traced program finds things as they were.
 */
static void fill_standard_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
			(void)!open("/dev/null", O_RDONLY | O_CLOEXEC); /* writing fails */
}

int main(int argc, char **argv)
{
	int status;

	fill_standard_descriptors();
	opterr = 0;
	status = dispatch(argc, argv);
	errno = 0;
	if (!fflush(stdout) && !ferror(stdout) && !close(STDOUT_FILENO))
		return status;
	if (errno == EPIPE && reader_may_leave)
		return status;
	if (errno != EPIPE)
		ds_cli_error(NULL, "cannot write to standard output: %s",
			     errno ? strerror(errno) : "an earlier write failed");
	return DS_EXIT_FAILURE;
}
