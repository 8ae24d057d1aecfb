# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Recordings against the kernel's own trace events, dmasan run on the other kernels, and what reports say of lost events.
# In the guest: sourced by guest.sh after side.sh.
: "${tool:?}" "${workload:?}" # set there

# A tracer that gets no time, and a buffer of one page: events are lost for good, and no report may keep quiet about it.
test_lost_said() {
	local stop n formats=(html junit github sarif) f also=()
	stop="\$(grep -lx bpftrace /proc/[0-9]*/comm | cut -d/ -f3)"
	echo "echo krn01-unmap >/sys/kernel/debug/dmasan_test/run; kill -STOP $stop; $workload heap 100; kill -CONT $stop" >"$VM_OUT/lost-said.sh"
	for f in "${formats[@]}"; do also+=(--format "$f=$VM_OUT/lost-said.$f"); done
	BPFTRACE_PERF_RB_PAGES=1 dmasan lost-said 0 run --kernel "${also[@]}" -- /bin/sh "$VM_OUT/lost-said.sh"
	n=$(awk '$1 == "Lost" && $3 ~ /^events/ { n += $2 } END { print n + 0 }' "$VM_OUT/lost-said/kernel.lines")
	check "bpftrace lost events" yes "$([[ $n -gt 100 ]] && echo yes || echo "$n")"
	check "lost: each is counted" "$n true" "$(q '[.coverage.kernel.lost_events, .coverage.kernel.complete] | join(" ")')"
	check "lost: verdict" "tainted true" "$(q '[.verdict, .coverage.tainted] | join(" ")')"
	check "lost: no driver is judged by what is left" 0 "$(q '.findings | length')"
	says "lost: text" "! $n events of the kernel's side were lost"
	for f in "${formats[@]}"; do
		check "lost: $f says so" yes "$(grep -q "$n events of the kernel.\{1,6\}s side were lost" "$VM_OUT/lost-said.$f" && echo yes || echo no)"
	done
	"$tool" check --strict "$VM_OUT/lost-said" >"$VM_OUT/lost-said.out" 2>&1
	check "lost: check --strict" 67 $?
}

# ---- the kernel's own trace events of the same time, event for event ----

tracing=/sys/kernel/tracing
trace_events="vb2 dma/dma_map_sg dma/dma_unmap_sg dma_buf dma_fence/dma_fence_signaled"

trace_start() {
	local e
	echo mono >"$tracing/trace_clock"
	for e in $trace_events; do [[ ! -e $tracing/events/$e ]] || echo 1 >"$tracing/events/$e/enable"; done
}

trace_stop() {
	local e
	cat "$tracing/trace" >"$VM_OUT/trace"
	for e in $trace_events; do [[ ! -e $tracing/events/$e ]] || echo 0 >"$tracing/events/$e/enable"; done
}

# pair_up WHAT COUNT: lines "NS KEY" of $VM_OUT/theirs and ours say the same in the same order. Times are those of one clock; the
# guest may stand still for a while between the two, hence two seconds.
pair_up() {
	check "trace events, one by one: $1" "$2 events, 0 differ" "$(paste -d '|' "$VM_OUT/theirs" "$VM_OUT/ours" | awk -F '|' '
		{ split($1, a, " "); split($2, b, " "); sub(/^[0-9]+ /, "", $1); sub(/^[0-9]+ /, "", $2); far = a[1] - b[1] }
		$1 != $2 || far > 2e9 || far < -2e9 { if (!bad++) first = ": " a[1] " " $1 " | " b[1] " " $2 }
		END { printf "%d events, %d differ%s\n", NR, bad, first }')"
}

stamp='s/^.* ([0-9]+)\.([0-9]{6}): /\1\2000 /' # of a line of trace, as NS

same_vb2() {                    # same_vb2 THEIRS OURS COUNT LINES: type and index of the buffers
	sed -nE "$stamp; s/^([0-9]+) vb2_$1: .*index = ([0-9]+), type = ([0-9]+),.*/\1 \3 \2/p" "$VM_OUT/trace" >"$VM_OUT/theirs"
	sed -nE "s/^K ([0-9]+) vb2-$2 .* type=([0-9]+) index=([0-9]+)( .*|$)/\1 \2 \3/p" "$4" | sort -n >"$VM_OUT/ours"
	pair_up "vb2_$1" "$3"
}

same_dma() {                    # same_dma DEVICE COUNT LINES: maps and unmaps in one row, with device, direction, entries, attributes
	sed -nE "$stamp; s/^([0-9]+) dma_(map|unmap)_sg: ($1) dir=(\w+) .*phys_addrs=\{([^}]*)\} attrs=(.*)$/\1 \2 \3 \4 \5 -\6/p" "$VM_OUT/trace" |
		sed -E 's/ BIDIRECTIONAL / 0 /; s/ TO_DEVICE / 1 /; s/ FROM_DEVICE / 2 /; s/-$/0/; s/-SKIP_CPU_SYNC$/20/' |
		awk '{ print $1, $2, $3, $4, split($5, n, ","), $6 }' >"$VM_OUT/theirs"
	sed -nE "s/^K ([0-9]+) dma-(map|unmap)-sg .* dev=($1) .* n=([0-9]+) dir=([0-9]) attrs=([0-9a-f]+) .*/\1 \2 \3 \5 \4 \6/p" "$3" |
		sort -n >"$VM_OUT/ours"
	pair_up "dma_map_sg and dma_unmap_sg of $1" "$2"
}

same_dmabuf() {                 # same_dmabuf THEIRS OURS COUNT LINES: the inode
	sed -nE "$stamp; s/^([0-9]+) dma_buf_$1: .*ino=([0-9]+).*/\1 \2/p" "$VM_OUT/trace" >"$VM_OUT/theirs"
	sed -nE "s/^K ([0-9]+) $2 .* ino=([0-9]+) .*/\1 \2/p" "$4" | sort -n >"$VM_OUT/ours"
	pair_up "dma_buf_$1" "$3"
}

same_fences() {                 # same_fences COUNT LINES: context and number of the fences that signalled
	sed -nE "$stamp; s/^([0-9]+) dma_fence_signaled: driver=vgem .*context=([0-9]+) seqno=([0-9]+).*/\1 \2 \3/p" "$VM_OUT/trace" >"$VM_OUT/theirs"
	sed -nE 's/^K ([0-9]+) fence-(add|signal) .* obj=([0-9a-f]+)( ctx=([0-9]+) seqno=([0-9]+))? .*/\1 \2 \3 \5 \6/p' "$2" | sort -n |
		awk '$2 == "add" { fence[$3] = $4 " " $5 } $2 == "signal" { print $1, fence[$3] }' >"$VM_OUT/ours"
	pair_up dma_fence_signaled "$1"
}

# same_all LINES: the workload made 23 of each
same_all() {
	same_vb2 buf_queue queue 23 "$1"
	same_vb2 buf_done 'done' 23 "$1"
	same_vb2 dqbuf dqbuf 23 "$1"
	same_fences 23 "$1"
	if [[ -e $tracing/events/dma/dma_map_sg ]]; then
		same_dma 'vivid\.0' 46 "$1"
	else
		check "a kernel without trace events of the DMA API is 6.1" 6.1 "$(uname -r | cut -d. -f1,2)"
	fi
}

# ---- dmasan run on the other kernels ----

lines_of() { awk -v event="$1" '$1 == "K" && $3 == event' "$VM_OUT/run/kernel.lines" | wc -l; }

# test_run MISSING KIND...: the kernel's side of one run that makes 23 of each, and the probes that this kernel lacks
test_run() {
	local missing=$1 kind e script=$VM_OUT/run.sh
	shift
	for kind; do echo "$workload $kind || exit 1"; done >"$script"
	trace_start
	dmasan run 0 run --kernel -- /bin/sh "$script"
	trace_stop
	check "recorded, whole, nothing lost" "true true 0 false" \
		"$(q '[.coverage.kernel.enabled, .coverage.kernel.complete, .coverage.kernel.lost_events, .coverage.tainted] | join(" ")')"
	check "probes that this kernel lacks are listed" "$missing" "$(q '[.coverage.kernel.missing[] | sub(":.*"; "")] | sort | join(" ")')"
	for e in vb2-queue vb2-done vb2-dqbuf fence-add fence-signal; do
		check "the run's $e" 23 "$(lines_of "$e")"
	done
	check "the run's vb2-qbuf: of vb2 and of contig" 46 "$(lines_of vb2-qbuf)"
	check "SYNC without an operation: START and END of 23 fences" 46 "$(q .coverage.kernel.sync.no_operation)"
	same_all "$VM_OUT/run/kernel.lines"
}

# Trace events of dma-buf exist since 7.0.
test_run_dmabuf() {
	local lines=$VM_OUT/run/kernel.lines
	check "SYNC elided for a coherent device: 46 of sync, 46 of heap" 92 "$(q .coverage.kernel.sync.elided)"
	same_dmabuf export export "$(grep -c ' dma_buf_export: ' "$VM_OUT/trace")" "$lines"
	same_dmabuf mmap_internal mmap "$(grep -c ' dma_buf_mmap_internal: ' "$VM_OUT/trace")" "$lines"
	same_dmabuf dynamic_attach attach "$(grep -c ' dma_buf_dynamic_attach: ' "$VM_OUT/trace")" "$lines"
	same_dmabuf detach detach "$(grep -c ' dma_buf_detach: ' "$VM_OUT/trace")" "$lines"
	same_dmabuf get get "$(grep -c ' dma_buf_get: ' "$VM_OUT/trace")" "$lines"
	same_dmabuf put put "$(grep -c ' dma_buf_put: ' "$VM_OUT/trace")" "$lines"
	check "24 buffers of the heap among them: 23 of heap, one of sync" 24 "$(grep -c ' dma_buf_export: .*system' "$VM_OUT/trace")"
}
