# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Test results in one form: a line per case, a summary line, logs kept for what failed.

passed=0 failed=0 skipped=0
RESULTS=${RESULTS:-${TMPDIR:-/tmp}}

pass() { passed=$((passed + 1)); printf 'ok    %s\n' "$1"; }
skip() { skipped=$((skipped + 1)); printf 'SKIP  %s: %s\n' "$1" "$2"; }
# fail NAME REASON [LOG]: the log's end is what one needs to see first
fail() {
	failed=$((failed + 1))
	printf 'FAIL  %s: %s\n' "$1" "$2"
	if [ -n "${3:-}" ] && [ -s "$3" ]; then tail -n 25 "$3" | sed 's/^/      | /'; fi
}

# check NAME REASON CONDITION...: CONDITION is a command; its failure is the case's
check() {
	local name=$1 reason=$2
	shift 2
	if "$@"; then pass "$name"; else fail "$name" "$reason" "${LOG:-}"; fi
}

equal() { [ "$1" = "$2" ]; }

summary() {
	printf '%s: %d passed, %d failed, %d skipped\n' "$1" "$passed" "$failed" "$skipped"
	[ "$failed" = 0 ]
}
