# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# v4l2-compliance probes every odd corner of V4L2: its result lines must not change, and the same system calls must fail in the
# same order. The latter on one allocator, on both with TRANSPARENT=long (make harmless-long).

# what differs from run to run by itself: timing words and the name of the run
lines() { grep -E '^(\s*test |Total|\s+(fail|warn))' "$1" | sed 's/\x1b\[[0-9;]*m//g'; }

# which calls failed how, in order, without what differs from run to run
failing() { sed -nE 's/^[0-9]+ +([a-z0-9_]+)\(([0-9]+, )?([A-Z][A-Z0-9_]+)?.*= -1 (E[A-Z0-9]+).*/\1 \3 \4/p' "$1"; }

# same NAME WHAT LEAST FILTER BARE UNDER: what the filter leaves of both files agrees, in LEAST lines or more
same() {
	"$4" "$5" >"$WORK/bare.lines"
	"$4" "$6" >"$WORK/under.lines"
	diff "$WORK/bare.lines" "$WORK/under.lines" >"$WORK/compliance.diff"
	# shellcheck disable=SC2034 # shown by check
	LOG=$WORK/compliance.diff
	check "$1: the same $(wc -l <"$WORK/bare.lines") $2" "they differ" \
		test "$(wc -l <"$WORK/bare.lines")" -gt "$3" -a ! -s "$WORK/compliance.diff"
}

# compliance NAME LEAST OPTION...: the same result lines and exit status
compliance() {
	local name=$1 least=$2 bare
	shift 2
	timeout 300 v4l2-compliance "$@" >"$WORK/bare.txt" 2>&1
	bare=$?
	run compliance -- timeout 300 v4l2-compliance "$@"
	same "v4l2-compliance $name" "result lines" "$least" lines "$WORK/bare.txt" "$OUT"
	check "v4l2-compliance $name: the same exit status" "$RC, bare $bare" test "$RC" = "$bare" -o "$RC" = 66
	echo "      findings: $(q '[.findings[] | .rule] | group_by(.) | map(.[0] + " x" + (length | tostring)) | join(", ")')"
}

# failures NAME NODE: the same system calls fail in the same order
failures() {
	local watch=(strace -f -qq -e status=failed -e signal=none -e
		'trace=ioctl,mmap,munmap,mremap,read,write,poll,select,pselect6,ppoll,dup,dup2,fcntl')
	timeout 200 "${watch[@]}" -o "$WORK/calls.bare" v4l2-compliance -d "$2" >"$WORK/calls.out" 2>&1
	run calls -- timeout 200 "${watch[@]}" -o "$WORK/calls.traced" v4l2-compliance -d "$2"
	same "v4l2-compliance $1" "system calls that fail, in the same order" 100 failing "$WORK/calls.bare" "$WORK/calls.traced"
}

# It asks for as many buffers as there can be, in the format that it finds: of a large picture, or from a vivid that
# GStreamer has had before, they would not fit.
vivid_reset() { modprobe -r vivid && load_vivid; }
check "vivid is in its first state" "cannot be loaded again" vivid_reset

for instance in 0 2; do
	node=$(vivid_node $instance vid-cap)
	compliance "-s5 on $node" 40 -d "$node" -s5
	if [ $instance = 0 ] || [ "${TRANSPARENT:-short}" = long ]; then failures "on $node" "$node"; fi
done

if [ -n "$NO_MODULES" ]; then
	skip "v4l2-compliance on vim2m, vicodec, visl and vimc" "$NO_MODULES"
else
	for driver in vim2m vicodec visl vimc; do compliance "on $driver" 30 -d "$(driver_node $driver)"; done
fi
