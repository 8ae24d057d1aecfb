#!/bin/bash
# SPDX-License-Identifier: MIT
# The kernel side's tests, in the guest: every tool must count exactly the 23 operations that the workload makes.
# What a kernel cannot show is asserted to be missing. Ends with "N passed, N failed, N skipped".
set -u

kernel=$1
workload=/repo/build/bpf/workload
passed=0 failed=0 skipped=0
declare -A tracer worker

modprobe vivid n_devs=2 allocators=1,0
modprobe vgem
modprobe udmabuf 2>/dev/null    # built in where it exists at all

check() {                       # check WHAT EXPECTED GOT
	if [[ $2 == "$3" ]]; then
		passed=$((passed + 1))
		echo "ok    $kernel: $1"
	else
		failed=$((failed + 1))
		echo "FAIL  $kernel: $1: expected $2, got $3"
	fi
}

count() {                       # count ROW EXPECTED GOT: a check that stands in the table of the kernels
	check "$@"
	printf '%s\t%s\n' "$1" "$3" >>"$VM_OUT/table"
}

missing() {                     # missing ROW EXPECTED GOT: what this kernel cannot show
	check "$@"
	printf '%s\t%s\n' "$1" "$([[ $2 == "$3" ]] && echo missing || echo "$3")" >>"$VM_OUT/table"
}

# ---- attaching and detaching takes nearly all of the time: tools are attached together, once ----

cat >/tmp/hold.sh <<'TEXT'
touch "/tmp/ready.$1"
until [ -e /tmp/stop ]; do sleep 0.2; done
TEXT

attach() {                      # attach TOOL [ARG]: output in $VM_OUT/TOOL
	local since=$SECONDS
	# Nobody takes its processor away: while bpftrace reads a map in the kernel, no probe runs on that one (7.x preempts there)
	chrt -f 1 bpftrace "bpf/tools/$1.bt" "${@:2}" -c "/bin/sh /tmp/hold.sh $1" >"$VM_OUT/$1" 2>&1 &
	tracer[$1]=$!
	until [[ -e /tmp/ready.$1 ]] || ! kill -0 "${tracer[$1]}" 2>/dev/null; do
		sleep 0.2
	done
	check "$1 attaches" yes "$([[ -e /tmp/ready.$1 ]] && echo yes || echo no)"
	echo "note  $kernel: $1 took $((SECONDS - since)) s to attach"
}

detach() {                      # all of them
	local tool since=$SECONDS
	touch /tmp/stop
	for tool in "${!tracer[@]}"; do
		wait "${tracer[$tool]}"
		check "$tool ends well" 0 $?
	done
	tracer=()
	rm -f /tmp/stop /tmp/ready.*
	echo "note  $kernel: $((SECONDS - since)) s to detach"
}

work() {                        # work KIND...: the workload, whose pids tell the lines of one kind from another's
	local kind
	for kind; do
		"$workload" "$kind" &
		worker[$kind]=$!
		wait "${worker[$kind]}"
		check "workload $kind" 0 $?
	done
}

# ---- what the tools said ----

owner() {                       # owner KIND EVENT=COUNT...
	local pair kind=$1
	shift
	for pair; do
		count "dmabuf-owner $kind ${pair%=*}" "${pair#*=}" \
			"$(awk -v event="${pair%=*}" -v pid="${worker[$kind]}" '$5 == event && $2 == pid' "$VM_OUT/dmabuf-owner" | wc -l)"
	done
}

effect() {                      # effect KIND WORD: of every START
	check "dmabuf-owner $1 effect" "23 $2" \
		"$(awk -v pid="${worker[$1]}" '$5 == "start" && $2 == pid { print $7 }' "$VM_OUT/dmabuf-owner" | sort | uniq -c | xargs)"
}

value() {                       # value TOOL KEY: of one entry of a map
	sed -n "s/^$2: //p" "$VM_OUT/$1"
}

everywhere=(vb2 contig fence vmap import hold)

say_everywhere() {
	local fenced                # the inode of that buffer: the module's cases fence buffers, too
	fenced=$(awk -v pid="${worker[fence]}" '$5 == "fence" && $2 == pid { print $4 }' "$VM_OUT/dmabuf-owner" | sort -u)
	owner vb2 qbuf=23 queue=23 dqbuf=23
	# of a kernel thread: vb2 is the only kind that streams
	count "dmabuf-owner vb2 done" 23 "$(awk '$5 == "done"' "$VM_OUT/dmabuf-owner" | wc -l)"
	owner contig attach=23 map=23 unmap=23 detach=23
	owner fence fence=23 signal=23 start=23 end=23
	effect fence none
	owner vmap vmap=23 vunmap=23
	count "dmasync contig map" 23 "$(value dmasync '@calls\[vivid[.0-9]*, dma_map_sgtable, 1\]')"
	count "dmasync contig unmap" 23 "$(value dmasync '@calls\[vivid[.0-9]*, dma_unmap_sg_attrs, 1\]')"
	count "dmasync fence START without operation" 23 "$(value dmasync '@user\[START, none\]')"
	count "dmasync fence END without operation" 23 "$(value dmasync '@user\[END, none\]')"
	count "dmafence fence added" 23 "$(value dmafence "@added\\[$fenced, 1\\]")"
	count "dmafence fence signalled" 23 "$(value dmafence "@signalled\\[$fenced\\]")"
	count "dmafence fence waits" 23 "$(value dmafence "@waits\\[$fenced, workload\\]")"
	count "dmabuf-top hold" 23 "$(value dmabuf-top "@buffers\[${worker[hold]}, workload, [a-z]*\]" | sort -n | tail -n 1)" # it prints each second, also while they are made
	check "dmabuf-top made" "$(awk '$5 == "export"' "$VM_OUT/dmabuf-owner" | wc -l)" "$(value dmabuf-top @made)"
	count "dmabounce copies of unbounced devices" 0 "$(grep -c '^@copies' "$VM_OUT/dmabounce")"
}

# The system heap and udmabuf: not on 6.1, whose stock kernel has neither.
say_heap() {
	owner heap export=23 fd=23 mmap=23 start=23 end=23 release=23
	owner udmabuf export=23 fd=23 mmap=23 start=23 end=23 release=23
	owner hold export=23
	owner sync start=23 end=23
	effect sync elided
	# 23 each of heap, udmabuf and sync
	count "dmasync START elided, three kinds" 69 "$(value dmasync '@user\[START, elided\]')"
	count "dmasync END elided, three kinds" 69 "$(value dmasync '@user\[END, elided\]')"
}

say_no_heap() {
	local row
	for row in heap udmabuf; do
		"$workload" "$row" 2>/dev/null
		missing "dmabuf-owner $row export" 77 $?
	done
	missing "dmasync START elided, three kinds" "no no" "$(for row in /dev/dma_heap/system /dev/udmabuf; do
		[[ -e $row ]] && echo yes || echo no; done | xargs)"
}

# vgem's import maps at once up to 6.12, and never in 7.x.
say_import() {                  # say_import MAPS
	owner import attach=23 detach=23
	if [[ $1 == 0 ]]; then
		missing "dmabuf-owner import map" 0 "$(awk -v pid="${worker[import]}" '$5 == "map" && $2 == pid' "$VM_OUT/dmabuf-owner" | wc -l)"
		missing "dmabuf-owner import unmap" 0 "$(awk -v pid="${worker[import]}" '$5 == "unmap" && $2 == pid' "$VM_OUT/dmabuf-owner" | wc -l)"
	else
		owner import "map=$1" "unmap=$1"
	fi
}

# ---- dmacheck: the workload is correct; the module's cases each run under a pid of their own ----

cases=(krn01-unmap krn01-sync krn02-direction krn02-entries krn02-sync krn03-detach krn03-release krn04-fence krn05-attached krn07-mmap)

# Those that dmacheck is tried with: one finding each.
dmacheck_cases=(krn01-unmap krn01-sync krn02-direction krn02-entries krn02-sync krn03-detach krn04-fence krn05-attached)

module_work() {
	local c kind
	insmod build/bpf/dmasan_test.ko || { check "the module loads" 0 1; return; }
	for c in "${dmacheck_cases[@]}"; do
		for kind in -twin ''; do
			(echo "$c$kind" >/sys/kernel/debug/dmasan_test/run) &
			worker[$c$kind]=$!
			wait "${worker[$c$kind]}"
			check "$c$kind ran" 0 $?
		done
	done
}

# The findings of one process, each with what stands below it.
findings_of() {                 # findings_of PID
	awk -v pid="pid $1)" '/^KRN/ { mine = substr($0, length($0) - length(pid) + 1) == pid } /^@/ { mine = 0 } mine' "$VM_OUT/dmacheck"
}

say_module() {
	local c kind
	for c in "${dmacheck_cases[@]}"; do
		for kind in -twin ''; do
			check "$c$kind" "$([[ $kind ]] || echo "${c%-*}" | tr krn KRN)" \
				"$(findings_of "${worker[$c$kind]}" | grep -o '^KRN[0-9]*' | xargs)"
		done
		check "$c shows both sites" yes "$(findings_of "${worker[$c]}" |
			awk '/ was (mapped|unmapped|attached) at:| began at:/ { f = 1 } /^ +[a-z_].*\+[0-9]/ { n++ } END { print (f && n >= 4 ? "yes" : "no") }')"
	done
}

say_dmacheck() {                # say_dmacheck FINDINGS: of the module; the workload has none
	count "dmacheck findings" "$1" "$(grep -c '^KRN' "$VM_OUT/dmacheck")"
}

# ---- the kernel's own trace events of the same time, event for event ----

tracing=/sys/kernel/tracing
events=(vb2/vb2_buf_queue vb2/vb2_buf_done dma_buf/dma_buf_export dma_buf/dma_buf_mmap_internal dma_buf/dma_buf_dynamic_attach dma_buf/dma_buf_detach)

trace_events() {                # trace_events 0|1
	local e
	[[ $1 == 1 ]] || cat "$tracing/trace" >"$VM_OUT/trace"
	for e in "${events[@]}"; do
		[[ ! -e $tracing/events/$e ]] || echo "$1" >"$tracing/events/$e/enable"
	done
}

same() {                        # same WHAT THEIRS OURS: not empty, and equal in this order
	check "trace events of $1, event for event" "$(wc -w <<<"$2") > 0: $2" "$(wc -w <<<"${2:+$3}") > 0: $3"
}

say_video_events() {
	local e
	for e in queue 'done'; do
		same "vb2_buf_$e: type:index" "$(sed -nE "s/.*vb2_buf_$e: .*index = ([0-9]+), type = ([0-9]+),.*/\2:\1/p" "$VM_OUT/trace" | xargs)" \
			"$(awk -v event="$e" '$5 == event { print $6 ":" $7 }' "$VM_OUT/dmabuf-owner" | xargs)"
	done
}

say_buffer_events() {           # since 7.0
	local pair
	check "the kernel has trace events of dma-buf" yes "$([[ -e $tracing/events/dma_buf ]] && echo yes || echo no)"
	for pair in export:export mmap_internal:mmap dynamic_attach:attach detach:detach; do
		same "dma_buf_${pair%:*}: inode" "$(sed -nE "s/.*dma_buf_${pair%:*}: .*ino=([0-9]+).*/\1/p" "$VM_OUT/trace" | xargs)" \
			"$(awk -v event="${pair#*:}" '$5 == event { print $4 }' "$VM_OUT/dmabuf-owner" | xargs)"
	done
}

say_no_buffer_events() {
	missing "trace events of dma-buf" no "$([[ -e $tracing/events/dma_buf ]] && echo yes || echo no)"
}

tools() {                       # tools KIND...: beside those that every kernel has
	local tool
	for tool in dmabuf-owner dmasync dmafence dmabounce dmacheck; do
		attach "$tool"
	done
	attach dmabuf-top 1
	trace_events 1
	work "${everywhere[@]}" "$@"
	trace_events 0
	[[ $kernel != trixie ]] || module_work
	detach
	say_everywhere
	say_video_events
}

# 16384 bytes: copied in at the map and by 23 END, out by 23 START and the unmap.
test_force() {
	attach dmabounce
	attach dmabuf-owner
	work sync
	detach
	count "dmabounce sync bytes to the device" 393216 "$(value dmabounce '@bytes\[vgem, to-device\]')"
	count "dmabounce sync bytes from the device" 393216 "$(value dmabounce '@bytes\[vgem, from-device\]')"
	owner sync start=23 end=23
	effect sync performed
	dmasan sync-force 0 run --kernel -- "$workload" sync
	check "the report: performed, elided, bytes" "46 0 786432" \
		"$(q '.coverage.kernel | [.sync.performed, .sync.elided, .bounced_bytes] | join(" ")')"
	# shellcheck disable=SC2016 # names with $ are jq's
	check "ADV05: one finding, with the bytes of all copies, and where the device attached" "true bounce 786432 attach true" \
		"$(q '. as $r | .findings[] | select(.rule == "ADV05") | .buffer as $b | [($r.buffers[] | select(.id == $b) | .inode > 0), .access.via, .access.length, .prior.event, (.prior.stack | length > 1)] | join(" ")')"
	check "no KRN06 where a SYNC has an effect" 0 "$(q '[.findings[] | select(.rule == "KRN06")] | length')"
}

# shellcheck source=tests/bpf/side.sh
. tests/bpf/side.sh
# shellcheck source=tests/bpf/events.sh
. tests/bpf/events.sh
case $kernel in
side) test_side ;;
bookworm) tools; say_no_heap; say_import 23; say_no_buffer_events; say_dmacheck 0 ;;
trixie) tools heap udmabuf sync; say_heap; say_import 23; say_no_buffer_events; say_module; say_dmacheck 8 ;;
sid) tools heap udmabuf sync; say_heap; say_import 0; say_buffer_events; say_dmacheck 0 ;;
force) test_force ;;
cost) test_cost ;;
side-bookworm)
	test_run "dma-map-page dma-map-phys dma-unmap-page dma-unmap-phys" vb2 contig fence
	check "no trace events of dma-buf" no "$([[ -e $tracing/events/dma_buf ]] && echo yes || echo no)"
	;;
side-sid) test_run "dma-map-phys dma-unmap-phys" vb2 contig fence heap sync; test_run_dmabuf ;;
*) echo "usage: guest.sh side|bookworm|trixie|sid|force|cost|side-bookworm|side-sid"; exit 2 ;;
esac
echo "$kernel: $passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
