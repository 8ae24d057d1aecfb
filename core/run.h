/* SPDX-License-Identifier: MIT */
/* The result of analysing a run directory: what every report is made from. */
#ifndef DS_CORE_RUN_H
#define DS_CORE_RUN_H

#include "core/kernel_side.h"
#include "core/keymap.h"
#include "core/latency.h"
#include "core/consequence.h"
#include "core/model.h"

/* One frame of a stack.  Module words come from the trace, names from whoever resolves symbols. */
struct ds_frame {
	uint64_t address;      /* raw, in the program */
	uint64_t offset;       /* in the module's file address space */
	const char *module;    /* path, "" = unknown */
	char build_id[41];     /* hexadecimal, "" = none */
	char *function, *file; /* NULL until resolved, owned */
	char *built_in;	       /* what a relative `file` is relative to, NULL = unknown; owned */
	unsigned line;
};

struct ds_stack {
	unsigned frames;
	struct ds_frame *frame; /* innermost first; NULL when there is none */
};

/* Where something happened. */
struct ds_site {
	const char *what; /* event or call: "VIDIOC_QBUF", "fwrite", "instruction" */
	uint32_t slot;	  /* of the event, 0 = there is no such event */
	uint64_t time_ns;
	int pid, tid;
	const char *comm; /* of a site in the kernel, NULL = the process's */
	struct ds_stack stack;
};

/* Why a finding does not count: an entry of a suppression file, or of the baseline. */
struct ds_excuse {
	const char *kind;   /* "suppression", "baseline" */
	const char *name;   /* of the entry */
	const char *reason; /* "" = none was given */
	const char *file;
	unsigned line;
};

struct ds_finding {
	unsigned rule; /* enum ds_rule_id */
	enum ds_severity severity;
	bool latent;		/* no device has ever had the buffer */
	uint32_t process;	/* index of ds_run.process */
	uint32_t prior_process; /* the same for `prior` */
	uint32_t buffer;	/* index of ds_run.buffer */
	uint64_t count, first_ns;
	uint64_t also;	/* set of rules, bit = enum ds_rule_id */
	const char *op; /* "read", "write", "call" */
	uint64_t offset, length;
	unsigned use; /* DS_DEVICE_*, of the claim that forbade it */
	struct ds_site access, prior;
	struct ds_platforms platforms;
	struct ds_consequence consequence; /* run --coherency */
	char token[20];			   /* set by ds_run_tokens() */
	uint64_t *per_part;		   /* count by part, NULL = all in the first; owned */
	const struct ds_excuse *excuse;	   /* why it does not count, NULL = it does */
	bool kernel; /* found in the recording of the kernel's side: sites have no slots */
	/* while the run is analysed */
	uint32_t last_slot; /* of the latest access */
	uint64_t last_ns;
	uint64_t key;
};

struct ds_run_buffer {
	uint32_t id; /* 1 ..., over all processes */
	uint32_t process;
	uint32_t number; /* in its process */
	enum ds_buffer_kind kind;
	uint64_t inode, size, identity, created_ns;
	const char *exporter; /* "" = unknown */
	const char *device;   /* path of the device that made it, "" = none */
	uint32_t group;	      /* buffers with the same number are one buffer, 0 = of one process */
};

#define DS_UNTRACED_SHOWN 8

struct ds_process {
	struct ds_trace_reader *trace;
	char *path;    /* of the trace file */
	unsigned part; /* the run directory that it belongs to: ds_run_part() */
	char comm[17];
	int pid, ppid;
	uint64_t start_ns, features;
	bool launcher; /* written by the dmasan command itself */
	bool ended;    /* its end was recorded */
	int exit_status;
	uint64_t events, lost, torn, missed, rings, namespaces, unguarded, efaults;
	struct { /* programs that it started and nobody observed: the first distinct ones */
		unsigned why; /* enum ds_untraced */
		uint32_t times;
		const char *program;
	} untraced[DS_UNTRACED_SHOWN];
	unsigned untraceds; /* entries in use; more programs than that were not noted */
	uint32_t untraced_more;
	uint32_t closed_for; /* errno that ended recording */
	struct ds_model model;
	uint32_t *buffer_index; /* number -> index of ds_run.buffer + 1 */
};

/* The buffer behind an inode, as a process that libdmasan.so was in knows it. */
struct ds_inode {
	uint64_t inode;
	uint32_t process, number;
};

struct ds_unknown_ioctl {
	uint64_t request;
	const char *fd_kind;
	uint64_t count;
};

struct ds_statistics {
	uint64_t events[DS_EV_MAX]; /* by type */
};

struct ds_run {
	char *dir;
	struct ds_process *process;
	unsigned processes;
	struct ds_run_buffer *buffer;
	uint32_t buffers;
	struct ds_finding **finding; /* ordered: severity, rule, first time */
	unsigned findings;
	struct ds_unknown_ioctl unknown[256];
	unsigned unknowns;
	struct ds_statistics stats;
	/* from the launcher's trace, or the first process without one */
	char **argv;
	unsigned argc;
	const char *kernel, *arch, *options;
	const char *coherency, *seed; /* machine that the program was shown, "" = as it is */
	uint64_t shadows[DS_SHADOW_REFUSED + 1]; /* by enum ds_shadow_how */
	int pid;
	int exit_status;   /* 128+n after signal n, -1 = not known */
	bool loaded;	   /* the library was seen in the program */
	char **unreadable; /* traces that could not be read, "name: reason" */
	unsigned unreadables;
	struct ds_kernel_side kernel_side;
	struct ds_latency *reguards; /* from hand-overs elsewhere to the guard here, NULL = none */
	struct ds_groups *groups;    /* while the run is analysed */
	struct ds_strings *strings;  /* owns the text of this result */
	/* while the run is analysed */
	struct ds_kernel_reader *lines; /* NULL = the kernel's side was not recorded */
	struct ds_kernel_join *join;	/* NULL = it has nothing to add */
	struct ds_keymap inode;		/* inode -> struct ds_inode */
	/* findings that an excuse took out of `finding`, in the same order */
	struct ds_finding **suppressed;
	unsigned suppresseds;
	/* entries that excused nothing; the array is owned, the entries are not */
	const struct ds_excuse **unused;
	unsigned unuseds;
	unsigned baseline_known,
		baseline_gone; /* entries of the baseline that occurred, or did not */
	/* runs that were merged into this one: what is left of them is dir, argv ... unreadable */
	struct ds_run **more;
	unsigned mores;
};

enum ds_verdict { DS_CLEAN, DS_FINDINGS, DS_TAINTED };

/*
 * Analyse every trace of a run directory.  0 with *ret_run, or -errno: -ENOENT when the directory
 * holds no trace, -ENOTDIR, -EACCES ...; traces that cannot be read are listed in the result.
 */
int ds_run_open(const char *dir, struct ds_run **ret_run);
void ds_run_close(struct ds_run *run);

/*
 * Give every finding its token and join findings with equal tokens (counts add up).  Tokens depend
 * on rule, buffer identity and frames: function names where they were resolved, module and offset
 * elsewhere.  Call after symbols are resolved.
 */
void ds_run_tokens(struct ds_run *run);

/* Is this frame the C library's or the loader's?  Those say nothing about whose defect it is. */
bool ds_frame_in_libc(const struct ds_frame *f);

/*
 * Add another run to `run` (both with tokens): processes, buffers and findings move over, equal
 * tokens become one finding.  `from` is then a part of `run` and closed with it.  0, or -ENOMEM
 * with both still to be closed.
 */
int ds_run_merge(struct ds_run *run, struct ds_run *from);

/* The run directories behind a result: 1, or more after a merge.  Part 0 is the run itself. */
unsigned ds_run_parts(const struct ds_run *run);
const struct ds_run *ds_run_part(const struct ds_run *run, unsigned part);

/* How often a finding occurred in one part. */
uint64_t ds_finding_count_in(const struct ds_finding *f, unsigned part);

/* FINDINGS when there is any, else TAINTED when something was missed, else CLEAN. */
enum ds_verdict ds_run_verdict(const struct ds_run *run);
const char *ds_verdict_name(enum ds_verdict v);

/*
 * What could not be observed, one sentence each: `taints` are losses (they make a clean verdict a
 * guess), the others are limits of this configuration.  Strings live as long as the run.
 */
struct ds_blind {
	const char *text;
	const char *from;		  /* its run directory when there are several, else "" */
	const char *what;		  /* the text without directory and process */
	const struct ds_process *process; /* that it is about, NULL = the run as a whole */
	bool taints;
	unsigned part; /* the run directory that it is about */
};
unsigned ds_run_blind_spots(const struct ds_run *run, struct ds_blind *ret, unsigned room);

/* Was something missed that may hide findings: in the run directory `part`, -1 = in any? */
bool ds_run_tainted(const struct ds_run *run, int part);

/* Index of ds_run.buffer for a number of a process, -1 when it was never listed. */
int64_t ds_run_buffer_find(const struct ds_run *run, uint32_t process, uint32_t number);

/* One word or two about a buffer: "capture buffer 2 of /dev/video0", "dma-buf 17 (system)". */
const char *ds_run_buffer_name(const struct ds_run *run, uint32_t buffer, char *buf, size_t size);

const char *ds_kind_name(enum ds_buffer_kind kind);

#endif
