# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Suppression files: each condition on its own, what is unused, reasons, generated entries.

BID=0123456789abcdef0123456789abcdef01234567
make_run s module=/opt/lib/libcam.so.1 build_id=$BID buffers=2 bad=1 latent=1 exporter=system device=/dev/video7

# entry NAME LINES...: a suppression file NAME with one entry
entry() {
	local name=$1
	shift
	printf '[%s]\n' "$name" >"$name.supp"
	printf '%s\n' "$@" >>"$name.supp"
}
left() { j '[.findings[].rule] | sort | join(" ")' --suppressions "$1.supp" s; }
# takes NAME LEFT LINES...: with this entry only the rules LEFT are found
takes() {
	local name=$1 want=$2
	shift 2
	entry "$name" "$@"
	check "suppressed by ${*//$'\n'/, }" "left: $(left "$name")" equal "$(left "$name")" "$want"
}

check "without a suppression there are an error and a warning" "$(j '[.findings[].rule]' s)" equal "$(j '[.findings[].rule] | join(" ")' s)" "OWN01 SYN02"
takes rule SYN02 "rule = OWN01"
takes rule-glob "" "rule = *"
takes token SYN02 "token = $(j '.findings[0].token' s)"
takes module "" "module = libcam.so*"
takes module-path "" "module = /opt/*/libcam.so.1"
takes module-other "OWN01 SYN02" "module = libc.so.6"
takes offset SYN02 "rule = OWN01" "module = libcam.so.1" "offset = 0x1010"
takes offset-top "" "module = libcam.so.1" "offset = 0x1010" "frame = top"
takes offset-other "OWN01 SYN02" "module = libcam.so.1" "offset = 0x1011"
takes caller "" "module = libcam.so.1" "offset = 0x1100"
takes caller-top "OWN01 SYN02" "module = libcam.so.1" "offset = 0x1100" "frame = top"
takes prior SYN02 "module = libcam.so.1" "offset = 0x1200" "stack = prior"
takes build-id "" "build-id = ${BID:0:12}"
takes build-id-offset "" "build-id = $BID" "offset = 0x1010"
takes build-id-other "OWN01 SYN02" "build-id = ffffffffffff"
takes exporter OWN01 "exporter = sys*"
takes device SYN02 "device = /dev/video7"
takes device-other "OWN01 SYN02" "device = /dev/video0"

# functions and source files: frames of a program that has debug information
PROGRAM=$BUILD/programs/l1_fill_after_queue
at=0x$(nm "$PROGRAM" | awk '$3 == "main" { print $1 }' | sed 's/^0*//')
make_run named module="$PROGRAM" frame="$(printf '0x%x' $((at + 5)))" caller="$(printf '0x%x' $((at + 8)))" prior="$(printf '0x%x' $((at + 9)))" buffers=1 \
	build_id="$(readelf -n "$PROGRAM" | sed -n 's/.*Build ID: //p')"
check "function and source file of a frame are known" "$(j '.findings[0].access.stack[0]' named)" \
	equal "$(j '.findings[0].access.stack[0] | .function + " " + (.file | sub(".*/"; ""))' named)" "main l1_fill_after_queue.c"
for line in "function = mai?" "file = l1_fill_after_queue.c" "file = */programs/l1_*.c"; do
	entry named "$line"
	check "suppressed by $line" "still found" equal "$(j '.findings | length' --suppressions named.supp named)" 0
done
entry named "function = main" "file = other.c"
check "conditions on a frame hold for one and the same frame" "suppressed" equal "$(j '.findings | length' --suppressions named.supp named)" 1

# what a suppression does to a verdict
exits 66 "an error that nothing covers" check s
exits 0 "all that fails is suppressed" check --suppressions rule.supp s
says "the verdict line counts what was suppressed" '1 suppressed'
exits 66 "a suppression that covers something else" check --suppressions device-other.supp s
check "an unused suppression is told with file and line" "$ERR" grep -q 'device-other.supp:1' .out .err
check "json lists what was suppressed, with entry, file and reason" "$(j .suppressed --suppressions rule.supp s)" \
	equal "$(j '.suppressed | length' --suppressions rule.supp s)" 1
"$DMASAN" check --format json=suppressed.json --suppressions rule.supp --suppressions device-other.supp s >/dev/null 2>&1
valid "with suppressions" json suppressed.json
check "sarif marks a suppressed result as suppressed" "it does not" \
	equal "$("$DMASAN" check --format sarif --suppressions rule.supp s 2>/dev/null | jq '[.runs[0].results[] | select(.suppressions) | .ruleId] | join(" ")')" '"OWN01"'
ask check --format junit=s.xml --suppressions rule.supp s
check "junit skips a suppressed case" "it does not" equal "$(xmllint --xpath 'count(//skipped)' s.xml)" 1
exits 0 "two files" check --fail-on advice --suppressions rule.supp --suppressions exporter.supp s

# reasons
exits 2 "an entry without a reason where one is required" check --require-reasons --suppressions rule.supp s
says "the message names file, line and entry" 'rule.supp:1: the entry \[rule\] has no reason'
entry reasoned "rule = OWN01" "reason = vendor library, reported as 4711"
exits 0 "an entry with a reason where one is required" check --require-reasons --suppressions reasoned.supp s
check "the reason is in the report" "it is not" equal "$(j '.suppressed[0].suppression.reason // .suppressed[0].reason' --suppressions reasoned.supp s)" "vendor library, reported as 4711"

# generated entries
"$DMASAN" check --gen-suppressions s >generated.supp 2>/dev/null
exits 0 "generated entries cover every finding" check --fail-on advice --suppressions generated.supp s
check "and none of them is unused" "$ERR" equal "$(grep -c 'unused suppression' .err)" 0
check "a generated entry names module, build-id and offset where there are no symbols" "$(cat generated.supp)" \
	equal "$(grep -cE '^(module = libcam.so.1|build-id = 0123456789abcdef.*|offset = 0x1010)$' generated.supp)" 6
exits 2 "generated entries wait for a reason" check --require-reasons --suppressions generated.supp s
"$DMASAN" check --gen-suppressions named 2>/dev/null >generated.supp
check "a generated entry names the function where there are symbols" "$(cat generated.supp)" grep -q '^function = main$' generated.supp
exits 66 "--gen-suppressions does not change the verdict" check --gen-suppressions s
