# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# v4l2-compliance probes every odd corner of V4L2: its result lines must not change.

# what differs from run to run by itself: timing words and the name of the run
lines() { grep -E '^(\s*test |Total|\s+(fail|warn))' "$1" | sed 's/\x1b\[[0-9;]*m//g'; }

# It asks for as many buffers as there can be, in the format that it finds: of a large picture they would not fit.
vivid_reset() { modprobe -r vivid && load_vivid; }
check "vivid is in its first state" "cannot be loaded again" vivid_reset

for instance in 0 2; do
	node=$(vivid_node $instance vid-cap)
	timeout 300 v4l2-compliance -d "$node" -s5 >"$WORK/bare.txt" 2>&1
	bare=$?
	run "compliance-$instance" -- timeout 300 v4l2-compliance -d "$node" -s5
	lines "$WORK/bare.txt" >"$WORK/bare.lines"
	lines "$OUT" >"$WORK/under.lines"
	diff "$WORK/bare.lines" "$WORK/under.lines" >"$WORK/compliance.diff"
	# shellcheck disable=SC2034 # shown by check
	LOG=$WORK/compliance.diff
	check "v4l2-compliance -s on $node: the same $(wc -l <"$WORK/bare.lines") result lines" "they differ" \
		test "$(wc -l <"$WORK/bare.lines")" -gt 40 -a ! -s "$WORK/compliance.diff"
	check "v4l2-compliance -s on $node: the same exit status" "$RC, bare $bare" \
		test "$RC" = "$bare" -o "$RC" = 66
	echo "      findings: $(q '[.findings[] | .rule] | group_by(.) | map(.[0] + " x" + (length | tostring)) | join(", ")')"
done

if [ -n "$NO_MODULES" ]; then
	skip "v4l2-compliance on vim2m, vicodec, visl and vimc" "$NO_MODULES"
else
	for driver in vim2m vicodec visl vimc; do
		node=$(driver_node $driver)
		timeout 120 v4l2-compliance -d "$node" >"$WORK/bare.txt" 2>&1
		run "compliance-$driver" -- timeout 120 v4l2-compliance -d "$node"
		lines "$WORK/bare.txt" >"$WORK/bare.lines"
		lines "$OUT" >"$WORK/under.lines"
		diff "$WORK/bare.lines" "$WORK/under.lines" >"$WORK/compliance.diff"
		# shellcheck disable=SC2034 # shown by check
		LOG=$WORK/compliance.diff
		check "v4l2-compliance on $driver: the same $(wc -l <"$WORK/bare.lines") result lines" "they differ" \
			test "$(wc -l <"$WORK/bare.lines")" -gt 30 -a ! -s "$WORK/compliance.diff"
	done
fi
