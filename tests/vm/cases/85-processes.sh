# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# One buffer in several processes: a producer and a consumer over a socket, right and wrong, then many processes that are
# killed at random. ROUNDS and STRESS_SECONDS make it longer (make check-processes).

ROUNDS=${ROUNDS:-50}
pair=$ROOT/build/tests/pair

# pids of the last run by role: the last line, since a role may be started twice
pid_of() { sed -n "s/^$1 //p" "$ERR" | tail -n 1; }

pair_right() { # CASE WAY [LATE_US]
	run "pair-$1-$2-${3:-0}" -- "$pair" "$1" "$2" "$ROUNDS" "${3:-0}"
	expect_clean "$1, $2, consumer late by ${3:-0} us: $ROUNDS rounds silent"
}

# pair_wrong RULE ACCESS-ROLE PRIOR-ROLE CASE WAY [LATE_US]: only that rule, between those processes
pair_wrong() {
	local found other=0 name="$4, $5, consumer late by ${6:-0} us"
	run "pair-$4-$5-${6:-0}" -- "$pair" "$4" "$5" "$ROUNDS" "${6:-0}"
	found=$(q '[.findings[] | "\(.rule) \(.access.pid) \(.prior.pid)"] | unique | join("; ")')
	[ "$3" = none ] || other=$(pid_of "$3")
	check "$name: $1 names both processes" "exit $RC, $(q .verdict), found: $found" \
		equal "$found" "$1 $(pid_of "$2") $other"
	[ "$3" = none ] || check "$name: each has its command and stack" "$(q '.findings[0] | tojson')" \
		equal "$(q '[.findings[] | .access.comm == "pair" and .prior.comm == "pair" and
			any(.access.stack[]; .file | endswith("pair.c")) and any(.prior.stack[]; .file | endswith("pair.c"))] | all')" true
	check "$name: so does the text" "$(grep -E '==|of process' "$ERR" | head -n 3)" test \
		"$(grep -c "^==$(pid_of "$2")==.*$1 " "$ERR")" -ge 1 -a \
		\( "$3" = none -o "$(grep -c "of process $other (pair), .* before:" "$ERR")" -ge 1 \)
	times=$(q '[.findings[].count] | add')
	check "$name: seen in each round" "$times times in $ROUNDS rounds" test "${times:-0}" -ge "$ROUNDS"
}

pair_right capture scm
pair_right capture scm 5000
pair_right capture pidfd 1000
pair_right output scm
pair_right output inherit
for late in 0 1000 5000; do
	pair_wrong OWN02 CONSUMER PRODUCER requeue scm $late
done
pair_wrong OWN02 CONSUMER PRODUCER requeue pidfd
pair_wrong OWN02 CONSUMER PRODUCER requeue inherit
pair_wrong OWN02 CONSUMER PRODUCER hold scm 5000
reguards=$(q '.coverage.reguards[0].count // 0')
echo "      from the hand-over to the guard: $(q '.coverage.reguards[0] | "median \(.median_ns / 1000 | floor) us, p99 \(.p99_ns / 1000 | floor) us, longest \(.max_ns / 1000 | floor) us"')"
check "the guard followed each of the other's hand-overs" "$reguards in $ROUNDS rounds" test "$reguards" -ge "$ROUNDS"
pair_wrong SYN02 CONSUMER none nosync scm
pair_wrong OWN01 PRODUCER CONSUMER write scm
pair_wrong OWN01 PRODUCER CONSUMER write inherit

# within the gap between hand-over and guard: found, or silent, but nothing else
run pair-gap -- "$pair" hold scm "$ROUNDS" 0
other=$(q '[.findings[].rule] | unique - ["OWN02"] | join(" ")')
check "hold, scm, not late: only OWN02 or silence" "$(q '[.findings[] | "\(.rule)*\(.count)"] | join(" ")')" equal "$other" ""
check "both processes are listed with their recorder" "$(q '.coverage.processes | tojson')" \
	equal "$(q '[.coverage.processes[].recorder] | join(" ")')" "library library"
check "the buffers of both are known to be the same" "$(q '.buffers | tojson' | head -c 300)" \
	equal "$(q '[.buffers[] | select(.shared_with | length > 0)] | length')" 6

# children in sandboxes, and such as die in the middle of a bracket
for case in short unshare chroot seccomp crash killed; do
	# three children; who dies in a bracket leaves it open for all that anybody knows: what the next ones do is not judged
	times=3
	[[ $case != @(crash|killed) ]] || times=1
	run "family-$case" -- "$ROOT/build/tests/family" $case
	check "family, $case: silent" "exit $RC, $(q '[.findings[].rule] | join(" ")') $(q '.coverage.taints | join("; ")')" \
		equal "$RC $(q '.findings | length') $(q '.coverage.taints | length') $(q '.coverage.processes | length')" "0 0 0 4"
	run "family-$case-wrong" -- "$ROOT/build/tests/family" $case wrong
	# one read traps twice when the page is closed again, for what the parent does meanwhile, before it has gone on
	check "family, $case: what the child did wrong is found" "exit $RC, $(q '[.findings[] | [.rule, .access.pid, .count]] | tojson') $(q '.coverage.taints | join("; ")')" \
		equal "$(q '[.findings[] | .rule] | unique | join(" ")') $(q "[.findings[].count] | add | . >= $times and . <= 2 * $times") $(q '.coverage.taints | length')" "SYN02 true 0"
	check "family, $case: it is the child's" "$(q '[.findings[].access.pid] | unique | tojson')" test \
		-n "$(pid_of CHILD)" -a "$(q "[.findings[] | select(.access.pid == $(pid_of PARENT))] | length")" = 0
done

# correct processes that are killed in the middle of brackets and hand-overs
run crowd -- "$ROOT/build/tests/crowd" 16 256 "${STRESS_SECONDS:-8}"
echo "      $(grep kills "$OUT"), $(q '.coverage.processes | length') traces, $(q .coverage.events) events"
check "16 processes, 256 buffers, killed at random: all go on to the end" "exit $RC" equal "$RC" 0
check "killed at random: no finding" "$(q '[.findings[] | "\(.rule)*\(.count)"] | join(" ")')" equal "$(q '.findings | length')" 0
# a process that is killed while it starts has made its trace's file and not yet begun the trace: named, and harmless
losses=$(q '[.coverage.taints[] | select(test("cut off inside its header") | not)] | join("; ")')
check "killed at random: nothing is lost but traces that never began" "$losses" equal "$losses" ""
check "killed at random: devices had the buffers, too" "$(q '.statistics.events | tojson')" test "$(q '.statistics.events.claim // 0')" -gt 50
