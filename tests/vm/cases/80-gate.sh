# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Tokens and suppressions of real runs: loaded elsewhere, rebuilt, stripped, in a stripped library.

gate=$ROOT/build/tests/gate
own() { q '[.findings[] | select(.rule == "OWN01") | .token] | sort | join(" ")'; }
# frame FILTER: of the access' innermost frame outside the C library
frame() { q "[.findings[] | select(.rule == \"OWN01\") | .access.stack[] | select(.module | test(\"libc.so\") | not)][0] | $1"; }
judged() { "$DMASAN" check --suppressions "$WORK/gate.supp" "$DIR" >"$OUT" 2>"$ERR"; echo $?; }

run gate-plain -- "$gate/plain/camera"
first=$(own) plain=$DIR
check "gate: the defect is found, with function and line" "$RC $(frame '.function + " " + .file')" equal "$RC $(frame '.function + " " + (.file | sub(".*/"; ""))')" "66 main l1_fill_after_queue.c"
run gate-again -- "$gate/plain/camera"
check "gate: the same token in a second process, elsewhere in memory" "$(own)" equal "$(own)" "$first"
check "gate: it was elsewhere" "the same addresses" test "$(cat "$plain"/*.trace | md5sum)" != "$(cat "$DIR"/*.trace | md5sum)"
run gate-rebuilt -- "$gate/rebuilt/camera"
check "gate: the same token after a rebuild that moved every function" "$(own), not $first" equal "$(own)" "$first"
"$DMASAN" check --write-baseline "$WORK/gate.base" "$plain" >/dev/null 2>&1
"$DMASAN" check --baseline "$WORK/gate.base" "$DIR" >"$OUT" 2>"$ERR"
RC=$?
check "gate: the first build's baseline covers the second" "exit status $RC" equal "$RC" 0

for program in camera caller; do
	module=$program
	[ $program = camera ] || module=libcamera-test.so
	run "gate-$program" -- "$gate/stripped/$program"
	check "gate: stripped, $module: found, without a name" "$RC $(frame .)" equal "$RC $(frame '(.module | sub(".*/"; "")) + " " + .function')" "66 $module "
	printf '[a]\nmodule = %s\noffset = %s\nframe = top\n' "$module" "$(frame .offset)" >"$WORK/gate.supp"
	check "gate: stripped, $module: suppressed by module and offset" "$(judged)" equal "$(judged)" 0
	printf '[a]\nbuild-id = %s\noffset = %s\n' "$(frame .build_id)" "$(frame .offset)" >"$WORK/gate.supp"
	check "gate: stripped, $module: suppressed by build-id and offset" "$(judged)" equal "$(judged)" 0
	printf '[a]\nbuild-id = %s\noffset = 0x1\n' "$(frame .build_id)" >"$WORK/gate.supp"
	check "gate: stripped, $module: another offset does not cover it" "$(judged)" equal "$(judged)" 66
	"$DMASAN" check --gen-suppressions "$DIR" >"$WORK/gate.supp" 2>/dev/null
	check "gate: stripped, $module: the generated entry covers it" "$(judged)" equal "$(judged)" 0
done
