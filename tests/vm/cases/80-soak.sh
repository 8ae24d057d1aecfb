# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Constant violations from eight threads: nothing is lost, and the library's memory does not grow. Then 64 threads at once, wrong
# and right. SOAK seconds (make soak: half an hour); the samples are printed.

SOAK=${SOAK:-15}
soak=$ROOT/build/tests/soak

# What the program says at its end, against the trace: each hand-over and each violation is there.
accounted() { # NAME
	local said has
	said=$(sed -n 's/^queued //p' "$OUT")
	has=$(q '.statistics.events | "\(.claim) dequeued \(.release) touched \(.access // 0)"')
	check "$1: the trace has all of it (queued $said)" "exit status $RC, the trace has: queued $has" test -n "$said" -a "$said" = "$has"
	check "$1: nothing lost, nothing missed" "$(q '.coverage.taints | join("; ")')" equal "$(q '.coverage.taints | length')" 0
}

# flat FIELD KB: between the first fifth of the samples and the last one it grew by less
flat() {
	local from to
	from=$(sed -n "s/^sample .* $1:\([0-9]*\) .*/\1/p" "$OUT" | awk '{ v[NR] = $1 } END { print v[int(NR / 5) + 1] }')
	to=$(sed -n "s/^sample .* $1:\([0-9]*\) .*/\1/p" "$OUT" | tail -n 1)
	check "$SOAK s of violations: $1 stays flat ($from KiB, then $to KiB)" "$(grep ^sample "$OUT")" test -n "$from" -a "$((to - from))" -lt "$2"
}

# Memory that is there for few who ever need it: the kernel must not fill it with a huge page, in one program of six at that.
mkdir -p "$WORK/huge"
LD_PRELOAD=$ROOT/build/lib/libdmasan.so DMASAN_OPTIONS=dir=$WORK/huge cat /proc/self/smaps >"$WORK/smaps" 2>&1
check "no memory of the library may become a huge page" "$(cat "$WORK/smaps")" equal "$(awk '
	/^[0-9a-f]+-/ { anonymous = $2 == "rw-p" && $5 == 0 && NF == 5; seen += /libdmasan/ }
	/^Size:/ { size = $2 }
	/^VmFlags:/ && anonymous && size >= 2048 && !/ nh/ { n++ }
	END { print n + 0, (seen > 0) }' "$WORK/smaps")" "0 1"

node=$(driver_node vim2m)
if [ -z "$node" ]; then
	skip "violations from eight threads; 64 threads" "no vim2m"
else
	"$soak" "$node" 3 8 4 wrong 1 >"$WORK/soak.bare" 2>&1
	run soak -- "$soak" "$node" "$SOAK" 8 4 wrong $(((SOAK + 29) / 30))
	sed 's/^/      /' "$OUT"
	echo "      bare: $(tail -n 2 "$WORK/soak.bare" | head -n 1)"
	accounted "$SOAK s of violations from 8 threads"
	# a line of memory is 4 KiB; the trace itself is in no one's share but for the last 256 KiB
	flat RssAnon 64
	flat VmRSS 512
	rm -rf "$DIR"
	for mode in wrong right; do
		run "crowd-$mode" -- "$soak" "$node" 4 64 4 $mode
		accounted "64 threads with 512 buffers, $mode"
		check "64 threads, $mode: all 512 buffers are known" "" equal "$(q '.buffers | length')" 512
		rm -rf "$DIR"
	done
	expect_clean "64 threads with 512 buffers, right: silent"
fi
