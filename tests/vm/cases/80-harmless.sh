# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Programs that live from signals, masks and stacks, while they touch memory that is really guarded:
# every line that they print and every status must be what it is without dmasan.

# same NAME MODE PROGRAM...: bare, and under dmasan with guard=MODE
same() {
	local name="$1 (guard=$2)" file=$1-$2 mode=$2 bare
	shift 2
	NEED_BUFFER=1 timeout 300 "$@" >"$WORK/h-$file.bare" 2>&1
	bare=$?
	NEED_BUFFER=1 RUN_DIR=$WORK/h-$file run "h-$file" --guard "$mode" -- timeout 300 "$@"
	diff "$WORK/h-$file.bare" "$OUT" >"$WORK/h-$file.diff"
	LOG=$WORK/h-$file.diff
	check "$name behaves the same on guarded memory ($(wc -l <"$OUT") lines)" "exit status $RC, bare $bare" \
		test "$bare" = 0 -a -s "$OUT" -a ! -s "$LOG"
	# every touch breaks SYN01, so silence would mean that nothing was guarded
	check "$name did trap" "no SYN01 in its report" test "$(count SYN01)" -gt 0
}

for node in /dev/dma_heap/system /dev/udmabuf; do [ ! -e $node ] || chmod 666 $node; done
for program in actions jumps masks stacks pointers life forks; do
	for mode in first every; do
		same $program $mode "$ROOT/build/harmless/$program"
	done
done

# A file of the program's where the trace's descriptor was: what is touched after that is in the trace, too.
NEED_BUFFER=1 run given -- "$ROOT/build/harmless/life" given-numbers
# shellcheck disable=SC2034 # shown by check
LOG=$ERR
check "dup2() onto the trace's number: the trace goes on" "exit status $RC, $(q '.statistics.events.access') accesses, $(q '.coverage.taints | join("; ")')" \
	test "$(q '.statistics.events.access')" = 2 -a "$(q '.coverage.taints | length')" = 0

# Children that nobody follows, which keep to the rules: not a word against them, but that they were not followed.
NEED_BUFFER=1 timeout 300 "$ROOT/build/harmless/unfollowed" >"$WORK/unfollowed.bare" 2>&1
NEED_BUFFER=1 run unfollowed -- timeout 300 "$ROOT/build/harmless/unfollowed"
diff "$WORK/unfollowed.bare" "$OUT" >"$WORK/unfollowed.diff"
# shellcheck disable=SC2034 # shown by check
LOG=$WORK/unfollowed.diff
check "children made by clone and _Fork behave the same ($(wc -l <"$OUT") lines)" "exit status $RC" \
	test -s "$OUT" -a ! -s "$LOG" -a "$(grep -c '  0 of 40' "$OUT")" = 3
# LIF03 is case.c's: its buffer is mapped to the end
check "and are not judged" "$(q '[.findings[].rule] | join(" ")')" equal "$(q '[.findings[] | select(.rule != "LIF03")] | length')" 0
check "and the report says that they were not followed" "$(q '.coverage.taints | join("; ")')" \
	test "$(q '[.coverage.taints[] | select(test("could not be followed"))] | length')" -gt 0
