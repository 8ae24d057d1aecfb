# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Consumers that are sandboxed, short-lived or die: what they saw is judged, and nothing is invented for them.

# Each run: CAGE_ROUNDS frames that are right, then as many that were queued anew before the consumer read them.
CAGE_ROUNDS=${CAGE_ROUNDS:-4}
CAGES=${CAGES:-namespace user seccomp killed} # all: make check-processes

# the rule, who handed over (by role), and in which function it was touched: of all findings
cage_found() {
	q "[.findings[] | \"\\(.rule) \\(if .prior.pid == $1 then \"PRODUCER\" else .prior.pid end) \\(
		if .access.pid == $1 then \"PRODUCER\" else \"other\" end) \\(
		[.access.stack[].function | select(. == \"read_late\" or . == \"read_in_time\")][0])\"] | unique | join(\"; \")"
}

cage() { # cage WAY
	local found times producer
	run "cage-$1" -- "$ROOT/build/tests/cage" "$1" "$CAGE_ROUNDS"
	producer=$(sed -n 's/^PRODUCER //p' "$ERR")
	found=$(cage_found "${producer:-0}")
	check "$1: only what was late is found, in the consumer, with the producer's hand-over" \
		"exit $RC, found: $found; $(q '.coverage.taints | join("; ")')" \
		equal "$RC $found" "66 OWN02 PRODUCER other read_late"
	times=$(q '[.findings[].count] | add')
	check "$1: in each round" "${times:-0} times in $CAGE_ROUNDS rounds" test "${times:-0}" -ge "$CAGE_ROUNDS"
	check "$1: nothing is lost" "$(q '.coverage.taints | join("; ")')" equal "$(q '.coverage.taints | length')" 0
}

for way in $CAGES; do
	cage "$way"
done

# A filter that refuses mprotect: no guard, so nothing is found; the program goes on, and the report says it.
run cage-refused -- "$ROOT/build/tests/cage" refused "$CAGE_ROUNDS"
check "refused: the program goes on, nothing is invented, and the run is tainted" \
	"exit $RC, $(q .verdict): $(q '[.findings[].rule] | unique | join(" ")') $(q '.coverage.taints | join("; ")')" \
	equal "$(grep -c 'gone\|status is' "$ERR") $(q .verdict) $(q '.coverage.taints | length > 0')" "0 tainted true"
