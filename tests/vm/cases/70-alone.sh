# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The library without the command: LD_PRELOAD alone, and what it leaves of a program's behaviour.

LIB=$ROOT/build/lib/libdmasan.so
mkdir -p "$WORK/alone"
cd "$WORK/alone" || exit 70
LOG=$WORK/alone.err
LD_PRELOAD=$LIB "$ROOT/build/programs/b2_copy_after_qbuf" >"$WORK/alone.out" 2>"$LOG"
rc=$?
check "LD_PRELOAD alone prints its findings at exit" "exit status $rc" grep -q 'OWN02' "$LOG"
check "LD_PRELOAD alone leaves the program's exit status" "$rc" equal $rc 0
check "LD_PRELOAD alone leaves one run directory of mode 700" "$(ls -ld dmasan.*)" \
	equal "$(stat -c %a dmasan.b2_copy_after*)" 700
DMASAN_OPTIONS=exitcode=42 LD_PRELOAD=$LIB "$ROOT/build/programs/b2_copy_after_qbuf" >/dev/null 2>&1
check "exitcode=42 is the exit status with findings" "$?" equal $? 42
DMASAN_OPTIONS=help=1:report=0 LD_PRELOAD=$LIB /bin/true 2>"$LOG"
options=$(sed -n 's/^OPT(\([a-z]*\),.*/\1/p' "$ROOT/preload/options.def")
missing=$(for o in $options; do grep -q "	$o=" "$LOG" || echo "$o"; done)
check "DMASAN_OPTIONS=help=1 prints every option" "missing: $missing" test -n "$options" -a -z "$missing"
DMASAN_OPTIONS=guard=sometimes:nonsense=1 LD_PRELOAD=$LIB /bin/true 2>"$LOG"
check "unknown options are named" "" equal "$(grep -c 'ignored' "$LOG")" 2
LD_PRELOAD=$LIB sh -c 'exit 7' 2>/dev/null
check "an exit status passes through" "$?" equal $? 7
{ LD_PRELOAD=$LIB sh -c 'kill -SEGV $$'; } 2>/dev/null
check "a death by SIGSEGV stays one" "$?" equal $? 139
{ LD_PRELOAD=$LIB sh -c 'kill -TERM $$'; } 2>/dev/null
check "a death by SIGTERM stays one" "$?" equal $? 143
mkdir -p ro && mount -t tmpfs -o ro none ro
(cd ro && LD_PRELOAD=$LIB /bin/echo fine 2>"$LOG") >"$WORK/alone.out"
check "a read-only current directory: one line, the program runs" "$(cat "$LOG")" \
	equal "$(cat "$WORK/alone.out") $(grep -c 'not recording' "$LOG") $(wc -l <"$LOG")" "fine 1 1"
umount ro
# no descriptor below 100 belongs to us, and closing everything does not end the recording
LD_PRELOAD=$LIB python3 -c 'import os; print(sorted(int(f) for f in os.listdir("/proc/self/fd") if int(f) < 100)[:6])' >"$WORK/fd.under" 2>/dev/null
python3 -c 'import os; print(sorted(int(f) for f in os.listdir("/proc/self/fd") if int(f) < 100)[:6])' >"$WORK/fd.bare"
check "no low descriptor is taken" "$(cat "$WORK/fd.under")" cmp -s "$WORK/fd.under" "$WORK/fd.bare"
run closeall -- python3 -c '
import os, subprocess
os.closerange(3, 65536)
subprocess.run(["v4l2-ctl", "-d", os.environ["CAP"], "--stream-mmap", "--stream-count=5"], check=True)'
expect_clean "closing all descriptors, and a child by vfork"
check "the child is in the report" "$(q '[.coverage.processes[].comm] | join(" ")')" \
	equal "$(q '[.coverage.processes[].comm] | index("v4l2-ctl") != null')" true
cd "$ROOT" || exit 70
