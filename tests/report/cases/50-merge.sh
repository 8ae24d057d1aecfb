# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Several run directories, as a test farm leaves them: one report that keeps where each finding came from.

mkdir -p farm/board1 farm/board2 farm/board3
make_run farm/board1/run pid=11 buffers=2 bad=1
make_run farm/board2/run pid=22 buffers=2 bad=1 times=4 base=0x7f0000000000
make_run farm/board3/run pid=33 buffers=2 bad=1 frame=0x2020 status=4

exits 66 "three runs" check farm/*/run
says "the verdict line names the run directories" 'farm/board1/run, farm/board2/run, farm/board3/run'
check "an equal finding of two runs is one, with the counts of each" "$(j .findings farm/*/run)" \
	equal "$(j '[.findings[] | select(.count == 5) | .runs[] | .run + "=" + (.count | tostring)] | join(" ")' farm/*/run)" "farm/board1/run=1 farm/board2/run=4"
check "a finding at another place stands beside it" "$(j '[.findings[].count]' farm/*/run)" equal "$(j '.findings | length' farm/*/run)" 2
check "json lists the runs, each with program and host" "$(j '.runs | length' farm/*/run)" \
	equal "$(j '[.runs[] | .run + ":" + (.program.pid | tostring)] | join(" ")' farm/*/run)" "farm/board1/run:11 farm/board2/run:22 farm/board3/run:33"
check "buffers are numbered over all runs, without gaps" "$(j '[.buffers[].id]' farm/*/run)" equal "$(j '[.buffers[].id] | tostring' farm/*/run)" "[1,2,3,4,5,6]"
check "the order of the directories does not change the tokens" "it does" equal "$(tokens farm/board3/run farm/board1/run)" "$(tokens farm/board1/run farm/board3/run)"
all_formats farm farm/*/run
for format in $FORMATS; do valid merged "$format" "farm.$format"; done
check "junit has a suite per run" "another number" \
	equal "$(xmllint --xpath '//testsuite/@name' farm.junit | tr -d '\n' | tr -s ' ')" ' name="farm/board1/run" name="farm/board2/run" name="farm/board3/run"'
check "sarif names the runs of a result" "$(jq -c '[.runs[0].results[].properties.runs]' farm.sarif)" \
	equal "$(jq -c '[.runs[0].results[].properties.runs | length] | sort' farm.sarif)" "[1,2]"
check "text names the runs of a finding, with the counts of each" "it does not" grep -q 'in run farm/board1/run (1 time), farm/board2/run (4 times)' farm.text
check "perfetto keeps processes of equal number apart" "$(jq -c '[.traceEvents[] | select(.name == "process_name") | .args.name]' farm.perfetto)" \
	equal "$(jq '[.traceEvents[] | select(.name == "process_name") | .pid] | unique | length' farm.perfetto)" 3

exits 66 "one baseline for the farm" check --write-baseline farm.base farm/*/run
exits 4 "nothing new anywhere: the status of the program that failed" check --baseline farm.base farm/*/run
make_run farm/board2/run2 pid=22 buffers=2 bad=1 frame=0x3030
exits 66 "a new finding on one board" check --baseline farm.base farm/*/run farm/board2/run2
check "and the report says on which" "$(j '.findings[].runs' --baseline farm.base farm/*/run farm/board2/run2)" \
	equal "$(j '[.findings[].runs[].run] | join(" ")' --baseline farm.base farm/*/run farm/board2/run2)" "farm/board2/run2"
make_run farm/lossy bad=0 lost=9
exits 67 "one lossy run taints the merged verdict" check --strict --baseline farm.base farm/board1/run farm/lossy
check "and the blind spot names the run" "$(j .coverage.taints farm/board1/run farm/lossy)" equal "$(j '.coverage.taints | map(test("farm/lossy")) | any' farm/board1/run farm/lossy)" true
exits 70 "a directory that cannot be read" check farm/board1/run farm/nowhere
ask report --format html farm/*/run
check "html of several runs goes to this directory, and the command says where" "$ERR" equal "$(grep -c 'wrote dmasan-report.html' .err)$(test -s dmasan-report.html && echo ' there')" "1 there"
ask report --format html farm/board1/run
check "html of one run goes into it" "$ERR" equal "$(grep -c 'wrote farm/board1/run/report.html' .err)$(test -s farm/board1/run/report.html && echo ' there')" "1 there"
ask check --format html farm/board1/run
check "a run directory that holds a report is read as before" "$RC" equal "$RC $(j '.coverage.events > 0' farm/board1/run)" "66 true"

# One run of many processes: what they all have in common is said once to people, and for each to scripts.
make_run crowd pid=51 buffers=1 bad=1
for pid in 52 53 54 55 56; do
	make_run one pid=$pid comm=worker buffers=1 bad=1
	cp one/1.trace crowd/$pid.trace
	rm -rf one
done
ask check crowd
says "a limit of all processes is one line" '^  - 6 processes \(camera, worker\): observe=0'
check "and no other line says it" "$(cat .out)" equal "$(grep -c 'observe=0' .out)" 1
check "json says it of each" "$(j .coverage.blind_spots crowd)" equal "$(j '[.coverage.blind_spots[] | select(test("^process 5[1-6] .*observe=0"))] | length' crowd)" 6
rm crowd/5[3-6].trace
ask check crowd
says "two processes are named" '^  - processes 51, 52 \(camera, worker\): observe=0'
