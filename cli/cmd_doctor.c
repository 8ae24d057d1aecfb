/* SPDX-License-Identifier: MIT */
/* dmasan doctor: what can be observed here, and what is missing for more. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "cli/bpf.h"
#include "cli/launch.h"
#include "cli/library.h"
#include "cli/rundir.h"
#include "report/text.h"

static const char usage[] =
	"Usage: dmasan doctor\n"
	"\n"
	"Says what this machine can and cannot observe: the library, devices that share buffers,\n"
	"tools. Changes nothing.\n"
	"\n"
	"Exit status: 0, or 70 when libdmasan.so cannot be loaded into a program.\n"
	"\n"
	"Examples:\n"
	"  dmasan doctor\n";

static const char shorts[] = ":h";
static const struct option longs[] = {
	{"help", no_argument, NULL, 'h'},
	{0},
};

enum mark { OK, MISSING, NEUTRAL };

__attribute__((format(printf, 3, 4))) static void line(enum mark mark, const char *what,
						       const char *format, ...)
{
	static const char *const words[] = {"ok", "missing", "-"};
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	printf("  %-8s %-12s ", words[mark], what);
	ds_text_put(stdout, text);
	putchar('\n');
}

/* ---- the library ---- */

static unsigned long features_of(const char *dir)
{
	struct ds_run *run;
	unsigned long features = 0;

	if (ds_run_open(dir, &run))
		return 0;
	for (unsigned i = 0; i < run->processes; i++)
		if (!run->process[i].launcher)
			features = (unsigned long)run->process[i].features;
	ds_run_close(run);
	return features;
}

/* Run a program that does nothing and see whether a trace of it appears. */
static bool check_library(void)
{
	const char *tmp = getenv("TMPDIR");
	char place[PATH_MAX], program[] = "true";
	char *argv[] = {program, NULL}, *dir = NULL, *library = ds_library_find();
	struct ds_launch launch = {.command = "doctor", .dir = place, .argv = argv};
	unsigned long features;
	bool loads = false;
	int status;

	snprintf(place, sizeof(place), "%s/dmasan-doctor.XXXXXX", tmp && *tmp ? tmp : P_tmpdir);
	if (library && mkdtemp(place) && !ds_launch_run(&launch, &dir, &status)) {
		loads = !status && ds_rundir_has_traces(dir);
		features = features_of(dir);
		line(loads ? OK : MISSING, "library", "%s %s", library,
		     loads ? "loads and records" : "does not load into a program");
		if (loads)
			line(features & DS_FEATURE_STACKS ? OK : MISSING, "stacks", "%s",
			     features & DS_FEATURE_STACKS
				     ? "libunwind works"
				     : "libunwind.so.8 was not found: no stacks");
		ds_rundir_remove(dir);
	} else {
		line(MISSING, "library", "libdmasan.so cannot be used (see above)");
		rmdir(place);
	}
	free(library);
	free(dir);
	return loads;
}

/* ---- devices ---- */

static void describe_video(const char *path)
{
	struct v4l2_capability cap = {0};
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	unsigned caps;

	if (fd < 0 || ioctl(fd, VIDIOC_QUERYCAP, &cap)) {
		line(MISSING, "video", "%s: %s", path, strerror(errno));
	} else {
		caps = cap.capabilities & V4L2_CAP_DEVICE_CAPS ? cap.device_caps : cap.capabilities;
		line(OK, "video", "%s (%.16s, %.32s)%s%s%s%s", path, (const char *)cap.driver,
		     (const char *)cap.card,
		     caps & (V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_VIDEO_CAPTURE_MPLANE) ? " capture"
										     : "",
		     caps & (V4L2_CAP_VIDEO_OUTPUT | V4L2_CAP_VIDEO_OUTPUT_MPLANE) ? " output" : "",
		     caps & (V4L2_CAP_VIDEO_M2M | V4L2_CAP_VIDEO_M2M_MPLANE) ? " m2m" : "",
		     caps & V4L2_CAP_STREAMING ? "" : " (no streaming: no shared buffers)");
	}
	if (fd >= 0)
		close(fd);
}

static void describe_node(const char *path)
{
	if (access(path, R_OK | W_OK))
		line(MISSING, "device", "%s: %s", path, strerror(errno));
	else
		line(OK, "device", "%s", path);
}

static void describe_drm(const char *path)
{
	char link[512], target[256];
	ssize_t n;

	snprintf(link, sizeof(link), "/sys/class/drm/%.200s/device/driver", strrchr(path, '/') + 1);
	n = readlink(link, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = 0;
	line(access(path, R_OK | W_OK) ? MISSING : OK, "drm", "%s (%s)%s%s", path,
	     strrchr(target, '/') ? strrchr(target, '/') + 1 : "no driver name",
	     access(path, R_OK | W_OK) ? ": " : "",
	     access(path, R_OK | W_OK) ? strerror(errno) : "");
}

/* Describe every node of a directory with that prefix, or say that there is none. */
static void each_node(const char *dir, const char *prefix, const char *what,
		      void (*describe)(const char *path))
{
	struct dirent **entry = NULL;
	int n = scandir(dir, &entry, NULL, versionsort);
	unsigned found = 0;

	for (int i = 0; i < n; i++) {
		char path[512];

		if (entry[i]->d_name[0] != '.' && entry[i]->d_type != DT_DIR &&
		    !strncmp(entry[i]->d_name, prefix, strlen(prefix))) {
			snprintf(path, sizeof(path), "%s/%s", dir, entry[i]->d_name);
			describe(path);
			found++;
		}
		free(entry[i]);
	}
	free(entry);
	if (!found)
		line(MISSING, what, "no %s/%s*", dir, prefix);
}

/* ---- the rest ---- */

static void check_bpftrace(void)
{
	char *path = ds_program_find("bpftrace"), *usable, version[128] = "", why[256];
	FILE *out = path ? popen("bpftrace --version 2>/dev/null", "re") : NULL;

	if (out && fgets(version, sizeof(version), out))
		version[strcspn(version, "\n")] = 0;
	if (out)
		pclose(out);
	if (ds_bpf_program(&usable, why, sizeof(why)))
		line(NEUTRAL, "kernel side", "not recorded: %s", why);
	else
		line(OK, "kernel side", "%s (%s)", *version ? version : "version unknown", path);
	free(usable);
	free(path);
}

static void check_map_count(void)
{
	FILE *f = fopen("/proc/sys/vm/max_map_count", "re");
	long n = 0;

	if (f && fscanf(f, "%ld", &n) == 1)
		line(n >= 65530 ? OK : MISSING, "map count", "vm.max_map_count = %ld%s", n,
		     n >= 65530 ? "" : ": guarding splits mappings, 65530 or more is safe");
	if (f)
		fclose(f);
}

static void check_symbols(void)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	line(NEUTRAL, "symbols", "from the programs' files, /usr/lib/debug%s%s",
	     urls && *urls ? " and debuginfod at " : "; DEBUGINFOD_URLS is not set",
	     urls && *urls ? urls : "");
}

static int examine(void)
{
	struct utsname host = {0};
	bool loads;

	uname(&host);
	printf("dmasan %s on %s %s (%s), %s\n", DS_VERSION, host.sysname, host.release,
	       host.machine, geteuid() ? "not root" : "root");
	fflush(stdout);
	loads = check_library();
	each_node("/dev", "video", "video", describe_video);
	each_node("/dev/dma_heap", "", "dma-heap", describe_node);
	each_node("/dev", "udmabuf", "udmabuf", describe_node);
	each_node("/dev/dri", "", "drm", describe_drm);
	check_bpftrace();
	check_map_count();
	check_symbols();
	return loads ? 0 : DS_EXIT_FAILURE;
}

int ds_cmd_doctor(int argc, char **argv)
{
	int c = getopt_long(argc, argv, shorts, longs, NULL);

	if (c == 'h')
		return ds_cli_help(usage);
	if (c != -1)
		return ds_cli_bad_option("doctor", c, argv, shorts, longs);
	if (argv[optind])
		return ds_cli_usage("doctor", "takes no argument, not '%s'", argv[optind]);
	ds_cli_ignore_sigpipe(true);
	return examine();
}
