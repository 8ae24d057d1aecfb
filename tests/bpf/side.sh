# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# dmasan with the kernel's side, in the guest: sourced by guest.sh. Attaching takes most of the time, so one run holds many cases.
# shellcheck disable=SC2015,SC2016 # "yes || echo no" answers either way; names with $ are jq's
: "${kernel:?}" "${cases[*]:?}" # set there

tool=/repo/build/bin/dmasan
workload=/repo/build/bpf/workload

# dmasan NAME WANTED_STATUS COMMAND [option]... -- PROGRAM...: JSON in $json, messages in $err
dmasan() {
	local wanted=$2 command=$3
	json=$VM_OUT/$1.json err=$VM_OUT/$1.err
	PATH=${path:-$PATH} "$tool" "$command" -o "$VM_OUT/$1" --format "json=$json" --format text "${@:4}" >"$VM_OUT/$1.out" 2>"$err" </dev/null
	check "$1: exit status" "$wanted" $?
}

q() { jq -r "$1" "$json" 2>&1; }

# Functions of the program's own in the findings of a rule.
where() { q "[.findings[] | select(.rule == \"$1\") | .access.stack[].function // empty | select(test(\"^(do|run)_\") and . != \"run_write\")] | sort | join(\" \")"; }

note() { echo "note  $kernel: $*"; }

says() {                        # says WHAT TEXT
	check "$1 says so" yes "$(grep -qF "$2" "$err" && echo yes || echo no)"
}

# rule_row RULE TRIED NEAR: a mistake is one finding, counted once; a twin that is found, too, counts in it
rule_row() {
	local found times
	found=$(q "[.findings[] | select(.rule == \"$1\")] | length")
	times=$(q "[.findings[] | select(.rule == \"$1\") | .count] | add // 0")
	printf 'note  %s  defects found %d / %d   near misses silent %d / %d\n' "$1" "$found" "$2" $(($3 - times + found)) "$3"
}

test_cases() {
	local c script=$VM_OUT/cases.sh
	for c in raw early poll syncfile waited bare heap forge; do
		echo "$workload $c || exit 1"
	done >"$script"
	for c in "${cases[@]}"; do
		printf 'echo %s >/sys/kernel/debug/dmasan_test/run\n' "$c-twin" "$c"
	done >>"$script"
	for c in krn04-queue-twin krn04-queue adv04-twin adv04; do
		echo "$workload $c || exit 1"
	done >>"$script"
	dmasan cases 66 run --kernel -- /bin/sh "$script"
	check "OWN05 where a fence is pending, nowhere after a wait" do_early "$(where OWN05)"
	check "no SYN finding at raw system calls; SYN01 beside them" "do_bare do_waited" "$(where SYN01)"
	check "nothing else of SYN" 2 "$(q '[.findings[] | select(.rule | startswith("SYN"))] | length')"
	check "unseen_by_preload: 46 raw calls, 2 of bare" 48 "$(q .coverage.kernel.unseen_by_preload)"
	check "KRN findings, one for each mistake and none for a twin" "KRN01 KRN01 KRN02 KRN02 KRN02 KRN03 KRN03 KRN05 KRN07" \
		"$(q '[.findings[].rule | select(test("KRN0[1-357]"))] | sort | join(" ")')"
	check "KRN03: by the detach, and by the release" "detach release" "$(q '[.findings[] | select(.rule == "KRN03") | .access.via] | sort | join(" ")')"
	# one or two of the queue: by STREAMON, and by QBUF
	check "KRN04: against a fence, and against a queue" "fence-add after kcpu-begin, kcpu-begin after vb2-queue" \
		"$(q '[.findings[] | select(.rule == "KRN04") | .access.via + " after " + .prior.event] | unique | join(", ")')"
	check "KRN07: the second view" "mmap after mmap" "$(q '.findings[] | select(.rule == "KRN07") | .access.via + " after " + .prior.event')"
	check "ADV04: mapped for each frame, four times more than it takes to be sure; not where the mapping is kept" "map 4 true true" \
		"$(q '.findings[] | select(.rule == "ADV04") | [.access.via, .count, ([.access.stack[].function] | index("run_write") != null), (.prior.stack | length > 1)] | join(" ")')"
	check "ADV05: nothing bounces here" 0 "$(q '[.findings[] | select(.rule == "ADV05")] | length')"
	for c in "KRN01 2" "KRN02 3" "KRN03 2" "KRN05 1" "KRN07 1"; do
		rule_row "${c% *}" "${c#* }" "${c#* }"
	done
	# raw and bare are on a buffer that vgem has attached: 46 and 4 calls; heap is on one that no device has
	check "KRN06: elided with a device attached, both sites with a kernel stack" "50 true true" \
		"$(q '[.findings[] | select(.rule == "KRN06" and (.prior.stack | length > 0))] | [(map(.count) | add), (all(.access.stack | length > 1)), (all(.prior.stack | length > 1))] | join(" ")')"
	check "KRN06: the rest are exporters without the operation, none is a heap's buffer" drm \
		"$(q '. as $r | [.findings[] | select(.rule == "KRN06" and (.prior.stack | length == 0)) | .buffer as $b | $r.buffers[] | select(.id == $b) | .kind] | unique | join(" ")')"
	check "both sites of each have a kernel stack" true \
		"$(q '[.findings[] | select(.rule | test("KRN0[1-57]")) | (.access.stack | length > 1) and (.prior.stack | length > 1)] | all')"
	check "nothing was lost" "true 0 false" "$(q '[.coverage.kernel.enabled, .coverage.kernel.lost_events, .coverage.tainted] | join(" ")')"
	check "so does what it cost" true "$(q '.coverage.kernel | .attach_cpu_ns > 0 and .record_cpu_ns > 0')"
	check "what was attached stands in the report" true "$(q '.coverage.kernel.attached | (index("sync") and index("fence-add")) != null')"
}

# Two strangers share a buffer over a socket, one of them without the library; bpftrace is killed after that.
test_killed() {
	local peer sender ino lines=$VM_OUT/killed/kernel.lines
	setsid "$workload" serve &
	peer=$!
	until [[ -S /tmp/workload.socket ]] || ! kill -0 "$peer" 2>/dev/null; do sleep 0.1; done
	check "the stranger has no library of ours" 0 "$(grep -c libdmasan "/proc/$peer/maps")"
	echo "$workload send && kill -KILL \$(grep -lx bpftrace /proc/[0-9]*/comm | cut -d/ -f3) && sleep 1 && $workload heap" >"$VM_OUT/killed.sh"
	dmasan killed 0 run -- /bin/sh "$VM_OUT/killed.sh"
	check "the stranger, started before the run, was watched by the kernel's side" "false kernel workload" \
		"$(q ".coverage.processes[] | select(.pid == $peer) | [.loaded, .recorder, .comm] | join(\" \")")"
	check "killed: the program of the run is listed" true "$(q '[.coverage.processes[] | select(.loaded and .comm == "workload")] | length >= 1')"
	ino=$(sed -nE "s/^K [0-9]+ fd $peer .* ino=([0-9]+) .*/\1/p" "$lines")
	sender=$(sed -nE "s/^K [0-9]+ export ([0-9]+) .* ino=$ino .*/\1/p" "$lines")
	check "the kernel saw both processes use the buffer" "$(printf '%s\n' "$peer" "$sender" | sort -n | xargs)" \
		"$(sed -nE "s/^K [0-9]+ (fd|mmap|sync) ([0-9]+) .* ino=$ino .*/\2/p" "$lines" | sort -nu | xargs)"
	check "the sender is the one with the library" "true workload" \
		"$(q ".coverage.processes[] | select(.pid == ${sender:-0}) | [.loaded, .comm] | join(\" \")")"
	check "killed: verdict" tainted "$(q .verdict)"
	says killed "bpftrace ended before the program did"
	says "killed: what was not observed" "kernel's side ended before the run did"
}

test_system() {
	local i said=$VM_OUT/system.said
	"$tool" record --system --duration 15 -o "$VM_OUT/system" >"$said" 2>&1 &
	for ((i = 0; i < 360; i++)); do
		grep -q "recording the whole" "$said" && break
		sleep 0.5
	done
	trace_start
	"$workload" vb2 && "$workload" contig && "$workload" fence
	check "workload of the system recording" 0 $?
	trace_stop
	wait
	check "record --system ends by itself" yes "$(grep -q '^E ' "$VM_OUT/system/kernel.lines" && echo yes || echo no)"
	"$tool" check "$VM_OUT/system" >"$said" 2>&1
	check "the verdict is about the system" yes "$(grep -qE ' in ([0-9]+ of )?[0-9]+ buffers? \([0-9]+ events of the kernel, [0-9]+ process' "$said" && echo yes || tail -n 1 "$said")"
	same_all "$VM_OUT/system/kernel.lines"
}

# Where it cannot be recorded the program runs, and the report says what was not observed.
test_without() {
	local path=/tmp/empty
	mkdir -p /tmp/empty && mkdir -m 777 /tmp/all
	dmasan missing 0 run -- "$workload" heap
	says missing "no kernel side (bpftrace is not installed"
	dmasan missing-must 70 run --kernel -- "$workload" heap
	says missing-must "cannot record the kernel's side: bpftrace is not installed"
	path=''
	dmasan no-kernel 0 run --no-kernel -- "$workload" heap
	check "--no-kernel" "false false" "$(q '[.coverage.kernel.enabled, .coverage.tainted] | join(" ")')"
	err=/tmp/all/err
	setpriv --reuid 65534 --clear-groups "$tool" run -o /tmp/all/run -- /bin/sleep 0 2>"$err"
	check "no root: exit status" 0 $?
	says "no root" "no kernel side (bpftrace needs root)"
	setpriv --reuid 65534 --clear-groups "$tool" run --kernel -o /tmp/all/must -- /bin/sleep 0 2>"$err"
	check "no root, --kernel: exit status" 70 $?
	says "no root, --kernel" "bpftrace needs root"
	mount -t securityfs none /sys/kernel/security 2>/dev/null
	echo confidentiality >/sys/kernel/security/lockdown # for good: comes last
	dmasan lockdown 0 run -- "$workload" heap
	says lockdown "kernel lockdown (confidentiality) forbids"
	dmasan lockdown-must 70 run --kernel -- "$workload" heap
	says lockdown-must "cannot record the kernel's side: kernel lockdown"
}

# What it costs to watch: the same capture with and without the kernel's side.
test_cost() {
	local form frames=600
	for form in no-kernel kernel no-kernel kernel; do
		dmasan "cost-$form" 0 run "--$form" -- "$workload" stream "$frames"
		note "--$form: $(grep -h '^stream:' "$VM_OUT/cost-$form.err" "$VM_OUT/cost-$form.out")"
	done
	note "bpftrace: $(q '.coverage.kernel | "\(.attach_cpu_ns / 1e6 | floor) ms of CPU time to attach, \(.record_cpu_ns / 1e6 | floor) ms to record \(.events) events, \(.lost_events) lost"')"
	check "nothing was lost at 60 frames a second" 0 "$(q .coverage.kernel.lost_events)"
	check "every frame was recorded" yes "$([[ $(grep -c '^K [0-9]* vb2-dqbuf' "$VM_OUT/cost-kernel/kernel.lines") -ge $frames ]] && echo yes || echo no)"
}

test_side() {
	insmod build/bpf/dmasan_test.ko
	check "the module loads" 0 $?
	test_cases
	test_killed
	test_lost_said
	test_system
	test_without
}
