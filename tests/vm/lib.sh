# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Runs programs under dmasan in the guest and asks the JSON report.

ROOT=/repo
DMASAN=$ROOT/build/bin/dmasan
WORK=$VM_OUT/work
mkdir -p "$WORK"

# The node of vivid instance $1 with function $2 (vid-cap, vid-out).
vivid_node() {
	local name
	for name in /sys/class/video4linux/video*/name; do
		if [ "$(cat "$name")" = "vivid-00$1-$2" ]; then
			name=${name%/name}
			echo "/dev/${name##*/}"
			return
		fi
	done
}

# The kernel's side takes 20 s to attach in an emulated guest: tests/bpf looks at it, with KERNEL_SIDE=--kernel.
# run NAME [dmasan options] -- PROGRAM...: sets RC, DIR, JSON, OUT, ERR; LOG for failures
run() {
	local name=$1
	shift
	DIR=$WORK/$name JSON=$WORK/$name.json OUT=$WORK/$name.out ERR=$WORK/$name.err
	# shellcheck disable=SC2034 # shown by check and fail
	LOG=$ERR
	rm -rf "$DIR"
	"$DMASAN" run "${KERNEL_SIDE:---no-kernel}" -o "$DIR" --format "json=$JSON" --format text "$@" >"$OUT" 2>"$ERR" </dev/null
	RC=$?
}

# q FILTER: what jq says about the last report
q() { jq -r "$1" "$JSON" 2>/dev/null; }

# Number of findings of rule $1.
count() { q "[.findings[] | select(.rule == \"$1\")] | length"; }

# A correct program: exit 0, clean, nothing lost.
expect_clean() {
	if [ "$RC" != 0 ]; then
		fail "$1" "exit status $RC" "$ERR"
	elif [ "$(q .verdict)" != clean ]; then
		fail "$1" "verdict $(q .verdict): $(q '[.findings[].rule] | unique | join(" ")') $(q '.coverage.taints | join("; ")')" "$ERR"
	elif [ "$(q .coverage.events)" -lt 10 ]; then
		fail "$1" "only $(q .coverage.events) events: nothing was observed" "$ERR"
	else
		pass "$1"
	fi
}
