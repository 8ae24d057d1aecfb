# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# SIGKILL in the middle of streaming: every event up to the kill is in the run directory.

kills=0 wanted=${KILLS:-20} RANDOM=${KILL_SEED:=$$}
for i in $(seq "$wanted"); do
	DIR=$WORK/kill-$i ERR=$WORK/kill.err
	rm -rf "$DIR" "$WORK/counter"
	"$DMASAN" record --no-kernel -o "$DIR" -- "$ROOT/build/tests/streamer" "$CAP" "$WORK/counter" 2>"$ERR" &
	launcher=$!
	sleep "0.$((200 + RANDOM % 750))"
	pkill -KILL -x streamer
	wait $launcher
	recorded=$?
	"$DMASAN" check "$DIR" --format "json=$WORK/kill.json" >>"$ERR" 2>&1
	checked=$?
	count=$(od -A n -t u8 "$WORK/counter" 2>/dev/null | tr -d ' ')
	count=${count:-0} # killed before it came so far
	seen=$("$DMASAN" dump --json "$DIR" 2>>"$ERR" | jq -s '[.[] | select(.event == "release" and .fields.call == "VIDIOC_DQBUF")] | length')
	# killed between the return of DQBUF and the program's own count: one more is right
	if [ "$recorded" = 137 ] && [ "$checked" = 137 ] &&
		{ [ "$seen" = "$count" ] || [ "$seen" = $((count + 1)) ]; }; then
		kills=$((kills + 1))
	else
		echo "      kill $i (KILL_SEED=$KILL_SEED): record $recorded, check $checked, program counted $count, trace has $seen"
	fi
	[ "$i" = "$wanted" ] || rm -rf "$DIR"
done
# shellcheck disable=SC2034 # shown by check
LOG=$ERR
check "$wanted kills while streaming: each trace holds every event up to the kill" "$kills of $wanted" equal "$kills" "$wanted"
check "the last kill came after frames had been captured" "$count frames" test "$count" -gt 3
check "a killed run says that its end is unknown" "$(jq -c .coverage.blind_spots "$WORK/kill.json")" \
	equal "$(jq '[.coverage.blind_spots[] | select(test("killed"))] | length > 0' "$WORK/kill.json")" true
