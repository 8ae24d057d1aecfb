/* SPDX-License-Identifier: MIT */
/* dmasan bpf: lists and starts the bpftrace tools for live systems. */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/bpf.h"
#include "cli/cli.h"

static const char usage[] =
	"Usage: dmasan bpf list\n"
	"       dmasan bpf run TOOL [ARGUMENTS]\n"
	"\n"
	"Lists or starts the bpftrace tools that watch a live system: no program is restarted.\n"
	"Running needs root and bpftrace 0.17 or later; Ctrl-C ends a tool.\n"
	"\n"
	"Options:\n"
	"  --help                 this text\n"
	"\n"
	"Exit status: the tool's own, 2 for wrong usage, 70 when it cannot be started.\n"
	"\n"
	"Examples:\n"
	"  dmasan bpf list\n"
	"  dmasan bpf run dmabuf-owner\n"
	"  dmasan bpf run dmabuf-top 1\n";

/* The second line of a tool is "// name<TAB>purpose". */
static void print_tool(const char *path)
{
	char line[256] = "", *tab;
	FILE *f = fopen(path, "re");

	if (!f || !fgets(line, sizeof(line), f) || !fgets(line, sizeof(line), f))
		*line = '\0';
	tab = strchr(line, '\t');
	if (!strncmp(line, "// ", 3) && tab) {
		*tab = '\0';
		printf("%-13s %s", line + 3, tab + 1);
	}
	if (f)
		fclose(f);
}

static int no_folder(void)
{
	ds_cli_error("set DMASAN_BPF to the folder bpf of dmasan", "the tools were not found");
	return DS_EXIT_FAILURE;
}

static int list(void)
{
	char *folder = ds_bpf_folder("tools"), *pattern = NULL;
	glob_t files = {.gl_pathc = 0};
	int r = folder ? 0 : no_folder();

	if (!r && asprintf(&pattern, "%s/*.bt", folder) > 0 && !glob(pattern, 0, NULL, &files))
		for (size_t i = 0; i < files.gl_pathc; i++)
			print_tool(files.gl_pathv[i]);
	globfree(&files);
	free(pattern);
	free(folder);
	return r;
}

/* The path of a tool, with or without ".bt"; NULL after a message. */
static char *find_tool(const char *name)
{
	char *folder = ds_bpf_folder("tools"), *path = NULL;
	int len = (int)strcspn(name, ".");

	if (!folder)
		no_folder();
	else if (strchr(name, '/') || (name[len] && strcmp(name + len, ".bt")) ||
		 asprintf(&path, "%s/%.*s.bt", folder, len, name) < 0 || access(path, R_OK)) {
		ds_cli_error("dmasan bpf list names them", "there is no tool '%s'", name);
		free(path);
		path = NULL;
	}
	free(folder);
	return path;
}

static int start(const char *program, char *tool, int argc, char **argv)
{
	char **args = calloc((size_t)argc + 3, sizeof(*args));

	if (args) {
		args[0] = (char *)"bpftrace";
		args[1] = tool;
		for (int i = 0; i < argc; i++)
			args[i + 2] = argv[i];
		execv(program, args);
	}
	ds_cli_error(NULL, "cannot start bpftrace: %s", strerror(errno));
	free(args);
	return DS_EXIT_FAILURE;
}

static int run(int argc, char **argv)
{
	char why[160], *program, *tool = find_tool(argv[0]);
	int r;

	if (!tool)
		return DS_EXIT_FAILURE;
	if (!ds_bpf_program(&program, why, sizeof(why))) {
		r = start(program, tool, argc - 1, argv + 1);
	} else {
		ds_cli_error(NULL, "cannot run %s: %s", argv[0], why);
		r = DS_EXIT_FAILURE;
	}
	free(program);
	free(tool);
	return r;
}

int ds_cmd_bpf(int argc, char **argv)
{
	const char *word = argc > 1 ? argv[1] : "";

	if (!strcmp(word, "--help") || !strcmp(word, "-h"))
		return ds_cli_help(usage);
	if (!strcmp(word, "list"))
		return argc == 2 ? list() : ds_cli_usage("bpf", "list takes no argument");
	if (!strcmp(word, "run"))
		return argc > 2 ? run(argc - 2, argv + 2) : ds_cli_usage("bpf", "no TOOL given");
	if (!*word)
		return ds_cli_usage("bpf", "give list or run TOOL");
	return ds_cli_usage("bpf", "unknown word '%s': give list or run TOOL", word);
}
