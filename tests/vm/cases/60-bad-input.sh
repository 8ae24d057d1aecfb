# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Wrong input: one clear line, the documented exit status, the traced program unharmed.

# bad NAME STATUS WORDS COMMAND...: the command ends with STATUS and says one line with WORDS
bad() {
	local name=$1 status=$2 words=$3 rc lines
	shift 3
	"$@" >"$WORK/bad.out" 2>"$WORK/bad.err" </dev/null
	rc=$?
	LOG=$WORK/bad.err
	lines=$(grep -c . "$WORK/bad.err")
	if [ "$rc" != "$status" ]; then
		fail "$name" "exit status $rc, expected $status" "$LOG"
	elif [ "$lines" != 1 ]; then
		fail "$name" "$lines lines on stderr" "$LOG"
	elif ! grep -q -- "$words" "$WORK/bad.err"; then
		fail "$name" "the line does not say: $words" "$LOG"
	else
		pass "$name: $(cut -c1-100 "$WORK/bad.err")"
	fi
}

cd "$WORK" || exit 70
run good -- "$ROOT/build/programs/b2_copy_after_qbuf"
GOOD=$DIR
trace=$(ls "$GOOD"/[0-9]*.trace)
bad "unknown option" 2 "colour" "$DMASAN" run --colour -- true
bad "unknown command" 2 "frobnicate" "$DMASAN" frobnicate
bad "unknown format" 2 "xml" "$DMASAN" report "$GOOD" --format xml
bad "unknown rule" 2 "OWN99" "$DMASAN" explain OWN99
bad "unknown severity" 2 "fatal" "$DMASAN" check --fail-on fatal "$GOOD"
bad "missing program" 2 "PROGRAM" "$DMASAN" run --
bad "program not found" 127 "no-such-program" "$DMASAN" run --no-kernel -o nf -- no-such-program
bad "missing run directory" 70 "no-such-dir" "$DMASAN" check no-such-dir
bad "a file as run directory" 70 "passwd" "$DMASAN" check /etc/passwd
mkdir -p foreign && echo hello >foreign/readme
bad "foreign directory" 70 "foreign" "$DMASAN" check foreign
cp -r "$GOOD" junk && head -c 4096 /dev/urandom >junk/1.trace && rm -f junk/launcher.trace junk/"${trace##*/}"
bad "directory with a trace that is none" 70 "1.trace\|junk" "$DMASAN" check junk
mkdir -p short && head -c 100 "$trace" >short/7.trace
bad "trace cut off in its header" 70 "short" "$DMASAN" check short
bad "existing foreign directory as output" 70 "foreign" "$DMASAN" run --no-kernel -o foreign -- true
mkdir -p ro && mount -t tmpfs -o ro none ro
bad "read-only output directory" 70 "ro/x" "$DMASAN" run --no-kernel -o ro/x -- true
umount ro
bad "report into a directory that is not there" 70 "nowhere" "$DMASAN" report "$GOOD" --format json -o nowhere/x.json
if [ -e /dev/full ]; then
	"$DMASAN" report "$GOOD" --format json >/dev/full 2>"$WORK/bad.err"
	check "report to a full device is a failure" "exit status $?" grep -q . "$WORK/bad.err"
fi

# every prefix that a cut can leave: the events before the cut are read, none is a crash
mkdir -p cut && cp "$GOOD/launcher.trace" cut/
cuts=0 tried=0 size=$(stat -c %s "$trace")
for at in 512 576 1000 1024 4096 8191 $((size / 2)) $((size - 1)); do
	tried=$((tried + 1))
	head -c "$at" "$trace" >cut/7.trace
	"$DMASAN" check cut >/dev/null 2>"$WORK/bad.err"
	[ $? -lt 128 ] && cuts=$((cuts + 1))
done
check "truncated traces are read up to the cut" "$cuts of $tried" equal "$cuts" "$tried"
check "half of a trace still tells its buffers" "" \
	test "$(head -c $((size / 2)) "$trace" >cut/7.trace; "$DMASAN" dump --json cut | grep -c '"event":"claim"')" -gt 0

# a full file system under the run directory: the program goes on, losses are counted
mkdir -p full && mount -t tmpfs -o size=64k none full
"$DMASAN" run --no-kernel -o full/run --format "json=$WORK/full.json" -- v4l2-ctl -d "$CAP" --stream-mmap --stream-count=400 >"$WORK/full.out" 2>"$WORK/full.err"
rc=$?
LOG=$WORK/full.err
check "full disk: the program is unharmed" "exit status $rc, $(tr -cd '<' <"$WORK/full.out" | wc -c) frames" \
	equal "$rc $(cat "$WORK/full.out" "$WORK/full.err" | tr -cd '<' | wc -c)" "0 400"
check "full disk: the verdict is tainted and losses are counted" "$(jq -c '[.verdict, .coverage.lost_events]' "$WORK/full.json")" \
	equal "$(jq '.verdict == "tainted" and .coverage.lost_events > 0' "$WORK/full.json")" true
"$DMASAN" check --strict full/run >/dev/null 2>&1
check "full disk: --strict makes it 67" "" equal $? 67
umount full

# run directory that vanishes, and RLIMIT_FSIZE
"$DMASAN" record --no-kernel -o gone -- sh -c "rm -rf gone; v4l2-ctl -d $CAP --stream-mmap --stream-count=3" >"$WORK/gone.out" 2>&1
rc=$?
check "a run directory that vanishes harms nobody" "exit status $rc" equal "$rc $(tr -cd '<' <"$WORK/gone.out" | wc -c)" "0 3"
(ulimit -f 100; exec "$DMASAN" run --no-kernel -o limited -- v4l2-ctl -d "$CAP" --stream-mmap --stream-count=400) >"$WORK/lim.out" 2>&1
rc=$?
check "RLIMIT_FSIZE does not kill the program" "exit status $rc" equal "$rc $(tr -cd '<' <"$WORK/lim.out" | wc -c)" "0 400"
cd "$ROOT" || exit 70
