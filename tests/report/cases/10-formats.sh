# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Every format of an ordinary run: valid, the same bytes again, and with what its readers need.

make_run plain buffers=4 bad=2 times=3 latent=1 build_id=0123456789abcdef0123456789abcdef01234567
all_formats one plain
check "every format is written" "one is missing" test -s one.perfetto -a -s one.html
for format in $FORMATS; do valid plain "$format" "one.$format"; done
all_formats two plain
for format in $FORMATS; do
	check "$format: the same trace gives the same bytes" "they differ" cmp -s "one.$format" "two.$format"
done

make_run calm bad=0
all_formats calm calm
for format in $FORMATS; do [ "$format" = github ] || valid calm "$format" "calm.$format"; done
check "github: a clean run has no annotation" "$(cat calm.github)" equal "$(cat calm.github)" ""

# the contract: every key of the schema is explained
check "json: docs/json.md explains every key of the schema" "$(jq -r '[.. | .properties? // empty | keys[]] | unique[]' "$ROOT/docs/dmasan-findings-1.schema.json" | while read -r key; do grep -q "\`$key\`" "$ROOT/docs/json.md" || echo "$key"; done)" \
	equal "$(jq -r '[.. | .properties? // empty | keys[]] | unique[]' "$ROOT/docs/dmasan-findings-1.schema.json" | while read -r key; do grep -q "\`$key\`" "$ROOT/docs/json.md" || echo "$key"; done)" ""

# SARIF: what code scanning shows
check "sarif: one result per token, with a fingerprint" "$(jq -c '[.runs[0].results[].partialFingerprints]' one.sarif)" \
	equal "$(jq '.runs[0].results | length == 3 and ([.[].partialFingerprints["dmasanToken/v1"]] | unique | length) == 3' one.sarif)" true
check "sarif: every rule has help text" "a rule has none" \
	equal "$(jq '[.runs[0].tool.driver.rules[] | (.help.text | length > 20) and (.help.markdown | length > 20)] | all' one.sarif)" true
check "sarif: ruleIndex leads to the rule of the result" "another rule" \
	equal "$(jq '.runs[0] | .tool.driver.rules as $r | [.results[] | $r[.ruleIndex].id == .ruleId] | all' one.sarif)" true
check "sarif: the ownership history is a code flow that ends with the access" "$(jq -c '.runs[0].results[0].codeFlows' one.sarif)" \
	equal "$(jq '[.runs[0].results[] | select(.ruleId == "OWN01") | .codeFlows[0].threadFlows[0].locations | length >= 2] | all' one.sarif)" true
check "sarif: related location is where the buffer was queued" "$(jq -c '.runs[0].results[0].relatedLocations' one.sarif)" \
	equal "$(jq -r '.runs[0].results[0].relatedLocations[0].message.text | test("VIDIOC_QBUF")' one.sarif)" true

# JUnit: what a CI system shows
cases() { xmllint --xpath "count(//testcase$1)" "$2"; }
check "junit: findings fail, buffers without one pass" "$(cases '[failure]' one.junit) failed" \
	equal "$(cases '[failure]' one.junit) $(cases '[not(failure) and not(skipped) and not(system-out)]' one.junit)" "2 4"
check "junit: a finding below --fail-on is told and does not fail" "$(cases '[system-out]' one.junit)" equal "$(cases '[system-out]' one.junit)" 1
check "junit: the numbers of the suite are those of its cases" "they differ" \
	equal "$(xmllint --xpath 'string(//testsuite/@tests)' one.junit) $(xmllint --xpath 'string(//testsuite/@failures)' one.junit)" \
	"$(cases '' one.junit) $(cases '[failure]' one.junit)"
check "junit: names are unique" "two are equal" equal "$(xmllint --xpath '//testcase/@name' one.junit | sort | uniq -d)" ""
check "junit: text stands in message and body" "only in one" \
	equal "$(xmllint --xpath 'boolean(//failure[contains(@message, "device owns") and contains(., "device owns")])' one.junit)" true

# GitHub: ten annotations of a kind, then a count; a summary within its limit
make_run many buffers=30 bad=30
GITHUB_STEP_SUMMARY=$WORK/summary.md ask check --format github many
check "github: ten errors and one line about the rest" "$(grep -c '^::error' .out)" \
	equal "$(grep -c '^::error ' .out) $(grep -c '^and 20 more of severity error' .out)" "10 1"
check "github: the step summary has a row per finding" "$(grep -c OWN01- summary.md)" equal "$(grep -c OWN01- summary.md)" 30
make_run flood buffers=12000 bad=12000
GITHUB_STEP_SUMMARY=$WORK/flood.md ask check --format github flood
check "github: a summary of 12,000 findings stays below 1 MiB and says what is left out" "$(stat -c %s flood.md) bytes" \
	test "$(stat -c %s flood.md)" -lt 1048576 -a "$(grep -c 'more findings, not shown here' flood.md)" = 1
"$DMASAN" report --format html -o flood.html flood 2>/dev/null
check "html: 12,000 findings in 12,000 buffers stay below 5 MiB" "$(stat -c %s flood.html) bytes" test "$(stat -c %s flood.html)" -lt 5242880
"$DMASAN" report --format sarif -o flood.sarif flood 2>/dev/null
check "sarif: 12,000 findings are 12,000 results" "another number" equal "$(jq '.runs[0].results | length' flood.sarif)" 12000

# Perfetto: buffers that overlap in time
check "perfetto: each buffer and each claim is a slice of its own" "another number" \
	equal "$(jq '[.traceEvents[] | select(.ph == "b") | .cat] | [map(select(. == "buffer")), map(select(. == "claim"))] | map(length) | join(" ")' one.perfetto)" '"5 4"'
check "perfetto: findings are marked, with an arrow from what forbade them" "another number" \
	equal "$(jq '[.traceEvents[] | select(.cat == "finding") | .ph] | [map(select(. == "s")), map(select(. == "f"))] | map(length) | join(" ")' one.perfetto)" '"2 2"'
