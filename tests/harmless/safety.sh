# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Parts of tests/harmless/run: run directories and foreign files, set-user-id programs, children that cannot be traced,
# a trace that is cut short, the debugger, pictures and sounds.

# A worker that catches a fault of its own; "crash" does not catch it, "bug" is a defect for sanitizers.
make_worker() {
	cat >"$WORK/work.c" <<'C'
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static sigjmp_buf out;
static void caught(int sig) { (void)sig; siglongjmp(out, 1); }
static void *busy(void *arg)
{
	for (size_t i = 0; i < 20000; i++) {
		char *p = malloc(i % 3000 + 1);
		memset(p, 1, i % 3000 + 1);
		free(p);
	}
	return arg;
}
int main(int argc, char **argv)
{
	pthread_t t[4];
	volatile char *null = 0;
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, busy, NULL);
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	if (argc > 1 && !strcmp(argv[1], "crash"))
		*null = 1;
	if (argc > 1 && !strcmp(argv[1], "bug")) {
		char *p = malloc(10);
		p[atoi("10")] = 1;
	}
	signal(SIGSEGV, caught);
	if (!sigsetjmp(out, 1))
		*null = 1;
	puts("done");
	return 3;
}
C
	gcc -w -g -O1 "$WORK/work.c" -o "$WORK/work" -pthread && gcc -w -static "$WORK/work.c" -o "$WORK/static" -pthread
}

# What a sanitizer says of a crash or a bug, without addresses.
sanitizer_words() { grep -ohE 'done|(ERROR|SUMMARY): [A-Za-z]+Sanitizer|nested bug|heap-buffer-overflow|SEGV' "$@" | sort | uniq -c; }

do_crashes() {
	make_worker || return 1
	for kind in address thread; do
		gcc -w -g -O1 -fsanitize=$kind "$WORK/work.c" -o "$WORK/work-$kind" -pthread 2>"$WORK/gcc.log" ||
			{ skip "crash-with-$kind" "gcc cannot link it here"; continue; }
		same "crash-with-$kind" sanitizer_words sh -c "$WORK/work-$kind crash 2>&1"
		check "crash-with-$kind: the sanitizer reports it" "" grep -q 'SUMMARY: .*Sanitizer' "$WORK/crash-with-$kind.out"
		[ $kind = thread ] || same "bug-with-$kind" sanitizer_words sh -c "$WORK/work-$kind bug 2>&1"
	done
}

do_allocators() {
	local lib path order rc
	make_worker || return 1
	mkdir -p "$WORK/shared"
	for lib in 'libjemalloc\.so' 'libtcmalloc_minimal\.so' 'libmimalloc\.so'; do
		path=$(ldconfig -p | awk -v n="^$lib" '$1 ~ n { print $NF; exit }')
		[ -n "$path" ] || { skip "order of $lib" "not installed"; continue; }
		for order in "$O/lib/libdmasan.so $path" "$path $O/lib/libdmasan.so"; do
			LD_PRELOAD=$order DMASAN_OPTIONS=dir=$WORK/shared:report=0 timeout 60 "$WORK/work" >"$WORK/order.out" 2>&1
			rc=$?
			LOG=$WORK/order.out
			check "${path##*/}, last ${order##*/}" "exit status $rc" test "$rc $(cat "$WORK/order.out")" = "3 done"
		done
	done
}

do_media() {
	if have gst-launch-1.0; then
		# a registry that is made anew, by a scanner that is a process of its own
		# shellcheck disable=SC2016 # for the shell below
		same gstreamer cat sh -c 'GST_REGISTRY=$(mktemp -u "$1/registry.XXXXXX") gst-launch-1.0 -q videotestsrc num-buffers=30 ! \
			video/x-raw,width=320,height=240 ! videoconvert ! video/x-raw,format=RGB ! fdsink fd=1 2>/dev/null | sha256sum' sh "$WORK"
	else
		skip gstreamer "not installed"
	fi
	if have ffmpeg; then
		same ffmpeg cat ffmpeg -nostdin -v error -f lavfi -i testsrc=size=320x240:rate=30 -frames:v 60 -pix_fmt yuv420p -f framemd5 -
		check "ffmpeg: frames were compared" "" test "$(grep -vc '^#' "$WORK/ffmpeg.out")" = 60
	else
		skip ffmpeg "not installed"
	fi
}

do_gdb() {
	have gdb || { skip gdb "not installed"; return; }
	make_worker || return 1
	mkdir -p "$WORK/shared"
	LOG=$WORK/gdb.out
	gdb -nx -batch -x docs/gdbinit -ex run --args env LD_PRELOAD="$O/lib/libdmasan.so" DMASAN_OPTIONS="dir=$WORK/shared:report=0" "$WORK/work" >"$LOG" 2>&1
	check "gdb with docs/gdbinit does not stop at a fault that is handled" "" grep -q 'exited with code 03' "$LOG"
	gdb -nx -batch -x docs/gdbinit -ex 'break caught' -ex run -ex bt --args env LD_PRELOAD="$O/lib/libdmasan.so" \
		DMASAN_OPTIONS="dir=$WORK/shared:report=0" "$WORK/work" >"$LOG" 2>&1
	check "gdb's backtrace in a handler goes on to main" "" test "$(grep -cE '^#[12] .*(<signal handler called>|main)' "$LOG")" = 2
}

# rr sets RUNNING_UNDER_RR for what it records.  Where the machine lets rr work, the two are really put together.
do_rr() {
	make_worker || return 1
	LOG=$WORK/rr.err
	RUNNING_UNDER_RR=1 "$O/bin/dmasan" record -o "$WORK/rr-note.run" -- true 2>"$LOG"
	check "under rr, dmasan says that this is not supported" "" grep -q 'not supported under rr' "$LOG"
	have rr || { skip "programs under rr" "rr is not installed"; return; }
	if ! _RR_TRACE_DIR=$WORK/rr rr record -n /bin/true >/dev/null 2>"$LOG"; then
		skip "programs under rr" "rr refuses this machine: $(grep -m1 -oE 'Unable to .*available\?|Unable to .*' "$LOG")"
		return
	fi
	_RR_TRACE_DIR=$WORK/rr rr record -n "$O/bin/dmasan" record --guard off -o "$WORK/rr.run" -- "$WORK/work" >"$WORK/rr.out" 2>"$LOG"
	check "under rr with --guard off a program does what it does" "exit status $?" grep -q '^done$' "$WORK/rr.out"
}

do_directories() {
	local pid
	cd "$WORK" || return 1
	rm -rf d && mkdir d && cd d || return 1
	LD_PRELOAD=$O/lib/libdmasan.so DMASAN_OPTIONS=report=0 sh -c : 2>/dev/null
	check "a run directory has mode 0700" "$(stat -c %a dmasan.* 2>&1)" equal "$(stat -c %a dmasan.*)" 700
	check "a trace has mode 0600" "" equal "$(stat -c %a dmasan.*/*.trace | sort -u)" 600
	# links in the places of the next traces are neither followed nor written over
	mkdir -m 700 links && echo mine >victim
	for pid in $(seq $(($$ + 1)) $(($$ + 3000))); do ln -s ../victim "links/$pid.trace"; done
	LD_PRELOAD=$O/lib/libdmasan.so DMASAN_OPTIONS=dir=$PWD/links:report=0 sh -c 'echo ran' >out 2>&1
	check "no symbolic link is followed" "$(cat victim)" equal "$(cat victim) $(grep -c ran out)" "mine 1"
	check "no foreign file is overwritten" "" test -z "$(find links -type l -newer out)"
	"$O/bin/dmasan" record -o e -- true 2>/dev/null
	printf '#!/bin/sh\ntouch %s/ran\n' "$PWD" | tee e/dmasan e/addr2line e/kernel.bt e/bpftrace >/dev/null
	chmod 755 e/dmasan e/addr2line e/bpftrace
	(cd e && "$O/bin/dmasan" check . >/dev/null 2>&1)
	check "nothing in a run directory is executed" "" test ! -e ran
	cd "$ROOT" || return 1
}

# Without the command: the report at exit, whatever the program has done to its descriptors, and wherever it ends.
do_alone() {
	local hung=0
	cd "$WORK" || return 1
	cat >"$WORK/taken.c" <<'C'
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>
int main(void)
{
	int fd = open("mine", O_RDWR | O_CREAT | O_TRUNC, 0600);
	close_range(fd + 1, ~0u, 0);
	for (int i = 100; i < 400; i++)
		dup2(fd, i);
	return write(fd, "x", 1) != 1;
}
C
	cat >"$WORK/timer.c" <<'C'
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>
static void ends(int sig) { _exit(sig != SIGALRM); }
int main(int argc, char **argv)
{
	struct itimerval once = {{0, 0}, {0, 1000 + 97 * atoi(argv[1])}};
	char name[16];
	for (int i = 0; i < 4000; i++) {
		snprintf(name, sizeof(name), "N%d", i);
		setenv(name, "value", 1);
	}
	signal(SIGALRM, ends);
	setitimer(ITIMER_REAL, &once, 0);
	for (;;)
		unsetenv("NOT_THERE");
}
C
	gcc -w "$WORK/taken.c" -o "$WORK/taken" && gcc -w -O1 "$WORK/timer.c" -o "$WORK/timer" || return 1
	LD_PRELOAD=$O/lib/libdmasan.so "$WORK/taken" 2>/dev/null
	check "no report goes into a file of the program" "$(wc -c <mine) bytes" equal "$(wc -c <mine)" 1
	for i in $(seq 30); do
		timeout 20 env LD_PRELOAD="$O/lib/libdmasan.so" "$WORK/timer" "$i" >/dev/null 2>&1 || hung=$((hung + 1))
	done
	check "_exit() in a handler, in the middle of setenv(), ends the program: 30 times" "$hung did not end" equal $hung 0
	rm -rf dmasan.*
	cd "$ROOT" || return 1
}

do_secure() {
	[ "$(id -u)" = 0 ] || { skip secure "needs root to make a set-user-id program"; return; }
	local dir
	dir=$(mktemp -d) # where another user may go
	chmod 777 "$dir"
	cat >"$WORK/secure.c" <<'C'
#include <stdio.h>
#include <sys/auxv.h>
int main(void) { printf("secure %lu\n", getauxval(AT_SECURE)); return 0; }
C
	gcc -w "$WORK/secure.c" -o "$dir/secure" && chmod 4755 "$dir/secure"
	(cd "$dir" && setpriv --reuid 65534 --regid 65534 --clear-groups env LD_PRELOAD="$O/lib/libdmasan.so" ./secure) >"$WORK/secure.out" 2>/dev/null
	check "a set-user-id program leaves no run directory" "$(cat "$WORK/secure.out")" \
		test "$(cat "$WORK/secure.out")" = "secure 1" -a -z "$(find "$dir" -name 'dmasan.*')"
	# not for root's own: the program belongs to somebody else
	chown 65534:65534 "$dir/secure" && chmod 6755 "$dir/secure"
	"$O/bin/dmasan" record -o "$dir/run" -- sh -c "$dir/secure; :" >"$WORK/secure.out" 2>/dev/null
	spots "$dir/run" >"$WORK/spots"
	LOG=$WORK/spots
	check "a child that is set-user-id is listed ($(cat "$WORK/secure.out"))" "" test "$(cat "$WORK/secure.out")" = "secure 1" \
		-a "$(grep -c 'secure was started.*set-user-id' "$WORK/spots")" = 1
	rm -rf "$dir"
}

# Libraries in a name space of their own call a libc that we are not in front of.
do_namespaces() {
	local taints how
	cat >"$WORK/spaces.c" <<'C'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
int main(int argc, char **argv)
{
	void *libc = argc > 1 ? dlmopen(LM_ID_NEWLM, "libc.so.6", RTLD_NOW) : dlopen("libc.so.6", RTLD_NOW);
	int (*number)(const char *) = libc ? (int (*)(const char *))dlsym(libc, "atoi") : NULL;
	printf("%d\n", number ? number("42") : -1);
	return 0;
}
C
	gcc -w "$WORK/spaces.c" -o "$WORK/spaces" -ldl
	for taints in 1 0; do
		rm -rf "$WORK/spaces.run"
		how=()
		[ $taints = 0 ] || how=(new)
		"$O/bin/dmasan" record -o "$WORK/spaces.run" -- "$WORK/spaces" "${how[@]}" >"$WORK/spaces.out" 2>/dev/null
		LOG=$WORK/spaces.json
		"$O/bin/dmasan" check "$WORK/spaces.run" --format json >"$LOG" 2>/dev/null
		check "$([ $taints = 0 ] && echo dlopen is no || echo dlmopen is a) taint" "it printed $(cat "$WORK/spaces.out")" \
			test "$(cat "$WORK/spaces.out")" = 42 -a "$(jq '[.coverage.taints[] | select(test("dlmopen is in use"))] | length' "$LOG")" = $taints
	done
}

spots() { "$O/bin/dmasan" check "$1" --format json 2>/dev/null | jq -r '.coverage.blind_spots[]'; }

do_children() {
	local started way
	make_worker || return 1
	rm -rf "$WORK/kids" "$WORK/kids2"
	LOG=$WORK/spots
	"$O/bin/dmasan" record -o "$WORK/kids" -- sh -c "$WORK/static; env -i $WORK/work; $WORK/work; :" >/dev/null 2>&1
	spots "$WORK/kids" >"$LOG"
	check "a static child is listed" "" grep -q 'static was started.*statically linked' "$LOG"
	check "a child without our environment is listed" "" grep -q 'work was started.*LD_PRELOAD' "$LOG"
	check "a traced child is in the same run directory" "" test "$("$O/bin/dmasan" check "$WORK/kids" --format json 2>/dev/null |
		jq '[.coverage.processes[] | select(.comm == "work")] | length')" -ge 1
	check "a traced child is not listed" "" test "$(grep -c 'work was started' "$LOG")" = 1
	# exit(5) for 32-bit x86; a kernel without that refuses to start it, and then nothing was started
	printf '\177ELF\1\1\1\0\0\0\0\0\0\0\0\0\2\0\3\0\1\0\0\0\124\200\4\10\64\0\0\0\0\0\0\0\0\0\0\0\64\0\40\0\1\0\0\0\0\0\0\0' >"$WORK/other"
	printf '\1\0\0\0\0\0\0\0\0\200\4\10\0\200\4\10\140\0\0\0\140\0\0\0\5\0\0\0\0\20\0\0\270\1\0\0\0\273\5\0\0\0\315\200' >>"$WORK/other"
	# the same for arm64, which no x86 starts, and here a script whose interpreter is static
	sed 's/\x02\x00\x03\x00/\x02\x00\xb7\x00/' "$WORK/other" >"$WORK/arm"
	printf '#!%s\n' "$WORK/static" >"$WORK/script"
	chmod 755 "$WORK/other" "$WORK/arm" "$WORK/script"
	"$WORK/other" 2>/dev/null
	started=$?
	"$O/bin/dmasan" record -o "$WORK/kids2" -- sh -c "$WORK/other; $WORK/arm; $WORK/script; exec $WORK/static" >/dev/null 2>&1
	spots "$WORK/kids2" >"$LOG"
	check "a program for another architecture is listed if it could be started (it $([ $started = 5 ] && echo could || echo could not))" "" \
		test "$(grep -c 'other was started.*another architecture' "$LOG")" = "$((started == 5))"
	check "a program that could not be started is not listed" "" test "$(grep -c '/arm was started' "$LOG")" = 0
	check "a script with a static interpreter is listed" "" grep -q 'script was started.*statically linked' "$LOG"
	check "a program that replaces its traced starter is listed" "" grep -q '/static was started.*statically linked' "$LOG"
	do_vforked_children
}

# In a forked child that has no trace yet, from the child of a vfork; and with every way to name the program.
do_vforked_children() {
	cat >"$WORK/starter.c" <<'C'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
extern char **environ;
/* glibc 2.39 */
extern int pidfd_spawn(int *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *, char *const[], char *const[])
	__attribute__((weak));
int main(int argc, char **argv)
{
	char *const args[] = {"static", NULL};
	const char *way = argv[1], *path = argv[2];
	int status;
	pid_t pid = 0;
	if (fork())
		return wait(&status) < 0 || argc < 3;
	if (!strcmp(way, "posix_spawnp")) {
		posix_spawnp(&pid, "static", NULL, NULL, args, environ);
	} else if (!strcmp(way, "pidfd_spawn")) {
		int fd;
		if (pidfd_spawn && pidfd_spawn(&fd, path, NULL, NULL, args, environ) == ENOSYS)
			puts("ENOSYS");
		pid = -1;
	} else if (!(pid = vfork())) {
		if (!strcmp(way, "execve"))
			execve(path, args, environ);
		if (!strcmp(way, "execl"))
			execl(path, "static", NULL);
		if (!strcmp(way, "execvp"))
			execvp("static", args);
		if (!strcmp(way, "closed")) {
			for (int fd = 3; fd < 2000; fd++)
				close(fd);
			execv(path, args);
		}
		_exit(1);
	}
	waitpid(pid, NULL, 0);
	return 0;
}
C
	gcc -w "$WORK/starter.c" -o "$WORK/starter" || return 1
	for way in posix_spawnp execve execl execvp closed pidfd_spawn; do
		rm -rf "$WORK/kids3"
		PATH=$WORK:$PATH "$O/bin/dmasan" record -o "$WORK/kids3" -- "$WORK/starter" $way "$WORK/static" >"$WORK/starter.out" 2>&1
		if [ $way = pidfd_spawn ] && ! getconf GNU_LIBC_VERSION | grep -qE ' 2\.(39|[4-9].)'; then
			check "pidfd_spawn, which this glibc has not, answers ENOSYS" "$(cat "$WORK/starter.out")" grep -q ENOSYS "$WORK/starter.out"
			continue
		fi
		spots "$WORK/kids3" >"$LOG"
		check "a static program that a forked child starts by $way is listed" "" grep -q 'static was started.*statically linked' "$LOG"
	done
}

# SIGBUS in the writer: somebody cuts the trace while the program runs.  Each child is an event.
do_cut() {
	make_worker || return 1
	cat >"$WORK/cut.c" <<'C'
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
extern char **environ;
int main(void)
{
	char *const argv[] = {"static", NULL};
	if (system("for f in $CUT_DIR/[0-9]*.trace; do : >$f; done"))
		return 1;
	for (int i = 0; i < 4; i++) {
		pid_t pid;
		if (!posix_spawn(&pid, getenv("CUT_CHILD"), NULL, NULL, argv, environ))
			waitpid(pid, NULL, 0);
	}
	puts("survived");
	return 4;
}
C
	gcc -w "$WORK/cut.c" -o "$WORK/cut" || return 1
	rm -rf "$WORK/cutrun"
	CUT_DIR=$WORK/cutrun CUT_CHILD=$WORK/static "$O/bin/dmasan" run -o "$WORK/cutrun" --format json="$WORK/cut.json" -- "$WORK/cut" >"$WORK/cut.out" 2>"$WORK/cut.err"
	# shellcheck disable=SC2034 # shown by check
	LOG=$WORK/cut.err
	check "a program survives the loss of its trace" "$(cat "$WORK/cut.out")" grep -q survived "$WORK/cut.out"
	check "and the verdict is not clean" "$(jq -c .verdict "$WORK/cut.json" 2>&1)" \
		test "$(jq -r .verdict "$WORK/cut.json" 2>/dev/null)" != clean
}
