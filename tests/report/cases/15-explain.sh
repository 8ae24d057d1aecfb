# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# dmasan explain: each rule's example is what a program of the test suite does, and its twin; docs/rules.md says the same.

explained=$(cd "$ROOT" && python3 tests/report/examples.py "$DMASAN" 2>&1)
check "explain: the examples stand in the programs that they come from: ${explained##*$'\n'}" "$explained" \
	equal "${explained##*, }" "0 wrong"
(cd "$ROOT" && DMASAN=$DMASAN sh scripts/mklist.sh rules) >rules.md
check "docs/rules.md is what explain says" "$(diff "$ROOT/docs/rules.md" rules.md | head -n 3)" cmp -s "$ROOT/docs/rules.md" rules.md
