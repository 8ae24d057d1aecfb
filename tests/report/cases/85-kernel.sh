# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A recording of the kernel's side beside the program's, made to order: lines of buffers that have an inode, and of V4L2
# buffers that have none; and a recording without a program.

# data NAME FILTER: what the page NAME.html holds
data() { sed -n 's/.*<script type="application\/json" id="data">//p' "$1.html" | sed 's/<\/script>.*//' | jq -c "$2"; }

make_run side pid=4242 comm=cam buffers=2 bad=1 latent=1
cp "$ROOT/tests/report/kernel.lines" side/
exits 0 "a page with the kernel's side" report --format html -o side.html side
valid "the page with the kernel's side" html side.html
lanes='[.buffers[] | .lanes[] | select(.kind == "kernel")'
check "a queue's buffers are joined without an inode, and the rest stays open to the end" "$(data side "$lanes]")" \
	equal "$(data side "$lanes | select(.track == \"queue\") | .d[0]]")" "[10000,9000]"
check "a device's mapping lasts until the last unmap" "$(data side "$lanes]")" equal "$(data side "$lanes | select(.track == \"mapped\") | [.device, .d, .v]]")" '[["gpu",[2000],[2]]]'
check "a later fence of a context takes the place of the earlier one" "$(data side "$lanes]")" equal "$(data side "$lanes | select(.track == \"fence\") | .s + .d]" | jq -c '.[0][-1]')" 1000
check "calls are moments, with effect" "$(data side '[.buffers[].points[] | select(.[1] == 6)]')" equal "$(data side '[.buffers[].points[] | select(.[1] == 6) | [.[2], .[6]]]')" "[[0,0],[0,0],[1,2]]"
check "who did it is named" "$(data side .whos)" equal "$(data side '[.whos[] | select(.[2] == "sync" and .[3])]')" '[[1,4242,"sync","cam"]]'
check "the page says what was attached and what was missing" "$(data side .kernel)" \
	equal "$(data side '.kernel[0] | [.recorded, .attached, .missing, .events]')" '[true,["vb2-queue","map"],["swiotlb: kprobe:swiotlb_bounce not there"],14]'
check "a process that only the kernel saw is listed" "$(data side '.kernel[0].users')" equal "$(data side '[.kernel[0].users[] | select(.loaded | not) | .comm]')" '["other"]'

exits 0 "json with a process that only the kernel saw" report --format json -o stranger.json side
valid "the document with it" json stranger.json
check "each process has its recorder" "$(jq -c .coverage.processes stranger.json)" \
	equal "$(jq -c '[.coverage.processes[] | [.pid, .comm, .recorder, .loaded]]' stranger.json)" '[[77,"other","kernel",false],[4242,"cam","library",true]]'

exits 0 "perfetto with the kernel's side" report --format perfetto -o side.perfetto.json side
valid "the trace with the kernel's side" perfetto side.perfetto.json
check "perfetto: what began has ended" "$(jq -c '[.traceEvents[] | select(.cat == "kernel")]' side.perfetto.json)" \
	equal "$(jq -c '[.traceEvents[] | select(.cat == "kernel") | .ph] | group_by(.) | map([.[0], length])' side.perfetto.json)" '[["b",5],["e",5],["i",3]]'

# more devices than lanes: those beyond share the last lane of devices, and no other track's
cp -r side many
for i in 1 2 3 4 5; do
	sed -i "s/^E .*/K 10000295${i}0 map 77 77 ino=7003 obj=e$i dev=dev$i dir=2 ret=0 effect=2 comm=other\n&/" many/kernel.lines
done
exits 0 "a page with more devices than lanes" report --format html -o many.html many
check "devices beyond the lanes share one without a name" "$(data many "$lanes | .track + \" \" + .device]")" \
	equal "$(data many "$lanes | select(.track == \"mapped\") | .device]")" '["gpu","dev1",""]'
check "and the lanes of fences and calls hold their own" "$(data many "$lanes]")" equal "$(data many "[.buffers[] | .lanes[] | select(.track == \"fence\") | .spans]")" '[2]'
