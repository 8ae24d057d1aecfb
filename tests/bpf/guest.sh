#!/bin/bash
# SPDX-License-Identifier: MIT
# The kernel side's tests, in the guest: every tool must count exactly the 23 operations that the workload makes.
# What a kernel cannot show is asserted to be missing. Ends with "N passed, N failed, N skipped".
set -u

kernel=$1
workload=/repo/build/bpf/workload
passed=0 failed=0 skipped=0

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

trace() {                       # trace TOOL KIND [ARG]: output in $VM_OUT/TOOL-KIND
	bpftrace "bpf/tools/$1.bt" "${@:3}" -c "$workload $2" >"$VM_OUT/$1-$2" 2>&1
	check "$1 $2 ends well" 0 $?
}

owner() {                       # owner KIND EVENT=COUNT...
	local pair kind=$1
	shift
	trace dmabuf-owner "$kind"
	for pair; do
		check "dmabuf-owner $kind ${pair%=*}" "${pair#*=}" \
			"$(awk -v event="${pair%=*}" '$5 == event' "$VM_OUT/dmabuf-owner-$kind" | grep -vc 'dma_sync\|probe')"
	done
}

effect() {                      # effect KIND WORD: of every START
	check "dmabuf-owner $1 effect" "23 $2" \
		"$(awk '$5 == "start" { print $7 }' "$VM_OUT/dmabuf-owner-$1" | sort | uniq -c | xargs)"
}

value() {                       # value FILE KEY: of one entry of a map
	sed -n "s/^$2: //p" "$VM_OUT/$1"
}

test_everywhere() {
	owner vb2 qbuf=23 queue=23 done=23 dqbuf=23
	owner contig attach=23 map=23 unmap=23 detach=23
	owner fence fence=23 signal=23 start=23 end=23
	effect fence none
	owner vmap vmap=23 vunmap=23
	trace dmasync contig
	check "dmasync maps" 23 "$(value dmasync-contig '@calls\[vivid[.0-9]*, dma_map_sgtable, 1\]')"
	check "dmasync unmaps" 23 "$(value dmasync-contig '@calls\[vivid[.0-9]*, dma_unmap_sg_attrs, 1\]')"
	trace dmafence fence
	check "dmafence added" 23 "$(value dmafence-fence '@added\[[0-9]*, 1\]')"
	check "dmafence signalled" 23 "$(value dmafence-fence '@signalled\[[0-9]*\]')"
	check "dmafence waits" 23 "$(value dmafence-fence '@waits\[[0-9]*, workload\]')"
	trace dmabounce contig
	check "nothing bounces" 0 "$(grep -c '^@copies' "$VM_OUT/dmabounce-contig")"
	trace dmacheck contig
	check "dmacheck is silent" 0 "$(grep -c '^KRN' "$VM_OUT/dmacheck-contig")"
}

# The system heap and udmabuf: not on 6.1, whose stock kernel has neither.
test_heap() {
	owner heap export=23 fd=23 mmap=23 start=23 end=23 release=23
	owner udmabuf export=23 fd=23 mmap=23 start=23 end=23 release=23
	trace dmabuf-top hold 1
	check "dmabuf-top made" 23 "$(value dmabuf-top-hold @made)"
	check "dmabuf-top holds" 23 "$(value dmabuf-top-hold '@buffers\[[0-9]*, workload, system\]' | sort -u)"
	owner sync start=23 end=23
	effect sync elided
	trace dmasync sync
	check "dmasync user START" 23 "$(value dmasync-sync '@user\[START, elided\]')"
	check "dmasync user END" 23 "$(value dmasync-sync '@user\[END, elided\]')"
}

test_no_heap() {
	check "no heap" no "$([[ -e /dev/dma_heap/system ]] && echo yes || echo no)"
	check "no udmabuf" no "$([[ -e /dev/udmabuf ]] && echo yes || echo no)"
	"$workload" heap 2>/dev/null
	check "the workload says so" 77 $?
}

# vgem's import maps at once up to 6.12, and never in 7.x.
test_import() {                 # test_import MAPS
	owner import attach=23 "map=$1" "unmap=$1" detach=23
}

# Each case of the module by itself: findings of one tool run in the order of the cases.
test_module() {
	local script=/tmp/cases.sh c
	insmod build/bpf/dmasan_test.ko || { check "the module loads" 0 1; return; }
	for c in krn01-unmap krn01-sync krn02-direction krn02-entries krn02-sync krn03-detach krn04-fence krn05-attached; do
		for kind in -twin ''; do
			echo "echo $c$kind >/sys/kernel/debug/dmasan_test/run || exit 1" >"$script"
			bpftrace bpf/tools/dmacheck.bt -c "/bin/sh $script" >"$VM_OUT/module-$c$kind" 2>&1
			check "$c$kind ran" 0 $?
			check "$c$kind" "$([[ $kind ]] || echo "${c%-*}" | tr k K | tr rn RN)" \
				"$(grep -o '^KRN[0-9]*' "$VM_OUT/module-$c$kind" | xargs)"
		done
		check "$c shows both sites" yes "$(awk '/ was (mapped|unmapped|attached) at:| began at:/ { f = 1 } /^ +[a-z_].*\+[0-9]/ { n++ }
			END { print (f && n >= 4 ? "yes" : "no") }' "$VM_OUT/module-$c")"
	done
}

# 16384 bytes: copied in at the map and by 23 END, out by 23 START and the unmap.
test_force() {
	trace dmabounce sync
	check "bytes to the device" 393216 "$(value dmabounce-sync '@bytes\[vgem, to-device\]')"
	check "bytes from the device" 393216 "$(value dmabounce-sync '@bytes\[vgem, from-device\]')"
	owner sync start=23 end=23
	effect sync performed
	dmasan sync-force 0 run --kernel -- "$workload" sync
	check "the report: performed, elided, bytes" "46 0 786432" \
		"$(q '.coverage.kernel | [.sync.performed, .sync.elided, .bounced_bytes] | join(" ")')"
	check "no KRN06 where a SYNC has an effect" 0 "$(q '[.findings[] | select(.rule == "KRN06")] | length')"
}

# shellcheck source=tests/bpf/side.sh
. tests/bpf/side.sh
# shellcheck source=tests/bpf/events.sh
. tests/bpf/events.sh
case $kernel in
side) test_side ;;
bookworm) test_everywhere; test_no_heap; test_import 23 ;;
trixie) test_everywhere; test_heap; test_import 23; test_module ;;
sid) test_everywhere; test_heap; test_import 0 ;;
force) test_force ;;
side-bookworm)
	test_run "dma-map-page dma-map-phys dma-unmap-page dma-unmap-phys" vb2 contig fence
	check "no trace events of dma-buf" no "$([[ -e $tracing/events/dma_buf ]] && echo yes || echo no)"
	;;
side-sid) test_run "dma-map-phys dma-unmap-phys" vb2 contig fence heap sync; test_run_dmabuf ;;
*) echo "usage: guest.sh side|bookworm|trixie|sid|force|side-bookworm|side-sid"; exit 2 ;;
esac
echo "$kernel: $passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]
