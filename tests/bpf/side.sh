# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# dmasan with the kernel's side, in the guest: sourced by guest.sh. Attaching takes most of the time, so one run holds many cases.

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

says() {                        # says WHAT TEXT
	check "$1 says so" yes "$(grep -qF "$2" "$err" && echo yes || echo no)"
}

test_cases() {
	local c script=$VM_OUT/cases.sh
	for c in raw early poll syncfile waited bare; do
		echo "$workload $c || exit 1"
	done >"$script"
	for c in krn01-unmap krn01-sync krn02-direction krn02-entries krn02-sync krn03-detach krn03-release krn04-fence krn05-attached krn07-mmap; do
		printf 'echo %s >/sys/kernel/debug/dmasan_test/run\n' "$c-twin" "$c"
	done >>"$script"
	printf "%s krn04-queue-twin || exit 1\n%s krn04-queue || exit 1\n" "$workload" "$workload" >>"$script"
	dmasan cases 66 run --kernel -- /bin/sh "$script"
	check "OWN05 where a fence is pending, nowhere after a wait" do_early "$(where OWN05)"
	check "no SYN finding at raw system calls; SYN01 beside them" "do_bare do_waited" "$(where SYN01)"
	check "nothing else of SYN" 2 "$(q '[.findings[] | select(.rule | startswith("SYN"))] | length')"
	check "unseen_by_preload: 46 raw calls, 2 of bare" 48 "$(q .coverage.kernel.unseen_by_preload)"
	check "KRN findings, one for each mistake and none for a twin" "KRN01 KRN01 KRN02 KRN02 KRN02 KRN03 KRN03 KRN04 KRN04 KRN05 KRN07" \
		"$(q '[.findings[].rule | select(test("KRN0[1-57]"))] | sort | join(" ")')"
	check "KRN06 where the exporter has no operation" true "$(q '[.findings[] | select(.rule == "KRN06")] | length >= 1')"
	check "both sites of each have a kernel stack" 11 \
		"$(q '[.findings[] | select(.rule | test("KRN0[1-57]")) | select((.access.stack | length > 1) and (.prior.stack | length > 1))] | length')"
	check "nothing was lost" "true 0 false" "$(q '[.coverage.kernel.enabled, .coverage.kernel.lost_events, .coverage.tainted] | join(" ")')"
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

test_side() {
	insmod build/bpf/dmasan_test.ko
	check "the module loads" 0 $?
	test_cases
	test_killed
	test_lost_said
	test_system
	test_without
}
