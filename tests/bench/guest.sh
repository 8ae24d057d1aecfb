#!/bin/bash
# SPDX-License-Identifier: MIT
# The part of the benchmarks that needs real drivers: runs in the guest, in one boot, where the clock counts instructions
# (scripts/vm --tick).  Writes lines "NAME, UNIT, BARE ..., WITH ..., HOW, LIMIT" for tests/bench/run, separated by tabs.
# guest.sh [PART...]: pipelines peers trace kernel processes
set -u
cd "$(dirname "$0")/../.." || exit 70

figures=$VM_OUT/figures
work=$(mktemp -d)
: >"$figures"
lib=$PWD/build/lib/libdmasan.so tool=$PWD/build/bin/dmasan
modprobe vivid n_devs=1 num_inputs=1 input_types=0x03
node=/dev/video0
echo "guest: $(uname -r), $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2)"

# seconds of CPU (user and system, children too) and of the clock that a command takes
clocked() {
	local TIMEFORMAT='%U %S %R'
	{ time "$@" >/dev/null 2>"$work/err"; } 2>&1 | awk '{ print $1 + $2, $3 }'
}

traced() {
	mkdir -p "$work/run"
	DMASAN_OPTIONS=report=0:dir=$work/run LD_PRELOAD=$lib "$@"
	local status=$?
	rm -rf "$work/run"
	return $status
}

row() { printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" | tee -a "$figures"; }

# ---- a correct pipeline: frame rate and CPU time ----

pipeline() { # WIDTH HEIGHT FRAMES
	gst-launch-1.0 -q v4l2src device=$node num-buffers="$3" io-mode=mmap ! \
		"video/x-raw,format=NV12,width=$1,height=$2" ! videoconvert n-threads=1 ! \
		video/x-raw,format=RGB ! fakesink sync=false
}

# Slopes between a short and a long capture: what a frame costs, without the start.
measure_pipeline() { # NAME WIDTH HEIGHT SHORT LONG
	local pair cpu0='' cpu1='' time0='' time1='' a
	pipeline "$2" "$3" 2 >/dev/null 2>&1 || { echo "SKIP  $1: the pipeline does not run"; return; }
	traced pipeline "$2" "$3" 2 >/dev/null 2>&1
	for pair in 1 2 3 4 5; do
		read -ra a < <(echo "$(clocked pipeline "$2" "$3" "$4") $(clocked pipeline "$2" "$3" "$5")")
		cpu0+=" $(per_frame "${a[0]}" "${a[2]}" "$4" "$5")" time0+=" $(per_frame "${a[1]}" "${a[3]}" "$4" "$5")"
		read -ra a < <(echo "$(clocked traced pipeline "$2" "$3" "$4") $(clocked traced pipeline "$2" "$3" "$5")")
		cpu1+=" $(per_frame "${a[0]}" "${a[2]}" "$4" "$5")" time1+=" $(per_frame "${a[1]}" "${a[3]}" "$4" "$5")"
		echo "$1, pair $pair: CPU ms a frame$cpu0 |$cpu1, ms a frame$time0 |$time1"
	done
	row "GStreamer $1 to RGB, CPU time a frame" ms "${cpu0# }" "${cpu1# }" ratio 1.03
	row "the same, time from frame to frame" ms "${time0# }" "${time1# }" ratio 1.02
}

per_frame() { awk -v a="$1" -v b="$2" -v n=$(($4 - $3)) 'BEGIN { print (b - a) * 1000 / n }'; } # SECONDS SECONDS FRAMES FRAMES

# ---- peers: CPU time that each hand-over costs more than bare ----

few=40 # frames: two hand-overs each

# The slope between a short and a long capture: start-up costs nothing here.
per_handover() { # FRAMES COMMAND... (in front of the capture); prints microseconds of CPU
	local a b many=$1
	shift
	read -r a _ < <(clocked "$@" capture_program $few)
	read -r b _ < <(clocked "$@" capture_program "$many")
	awk -v a="$a" -v b="$b" -v n=$((2 * (many - few))) 'BEGIN { print (b - a) * 1e6 / n }'
}

cat >"$work/capture_program" <<EOT
#!/bin/sh
exec v4l2-ctl -d $node --stream-mmap --stream-count=\$1
EOT
chmod +x "$work/capture_program"
PATH=$work:$PATH

bare_command() { "$@"; }
peer_strace() { strace -f -e trace=ioctl -o "$work/out" v4l2-ctl -d $node --stream-mmap --stream-count="$2"; }
peer_ltrace() { ltrace -f -e ioctl -o "$work/out" v4l2-ctl -d $node --stream-mmap --stream-count="$2"; }
peer_uftrace() { uftrace record -d "$work/uf" --force -A 'ioctl@arg1,arg2' v4l2-ctl -d $node --stream-mmap --stream-count="$2"; }
peer_valgrind() { valgrind --tool=none --trace-syscalls=yes --log-file="$work/out" v4l2-ctl -d $node --stream-mmap --stream-count="$2"; }
peer_v4l2_tracer() { (cd "$work" && v4l2-tracer trace v4l2-ctl -d $node --stream-mmap --stream-count="$2"); }

measure_peers() {
	local bare='' own='' peer name costs frames
	small
	for _ in 1 2 3 4 5; do
		bare+=" $(per_handover 2040 bare_command)"
		own+=" $(per_handover 2040 traced)"
	done
	echo "CPU per hand-over: bare$bare, dmasan$own microseconds"
	row "CPU time per hand-over of a capture" us "${bare# }" "${own# }"
	for peer in strace ltrace uftrace valgrind v4l2-tracer; do
		name=peer_${peer//-/_}
		command -v $peer >/dev/null || { echo "SKIP  peer $peer: not installed in the guest"; continue; }
		"$name" x 4 >"$work/err" 2>&1 || { echo "SKIP  peer $peer: cannot run v4l2-ctl here ($(tail -n 1 "$work/err"))"; continue; }
		costs=
		# few frames show what is dear
		frames=$([ $peer = uftrace ] && echo 2040 || echo 440)
		for _ in 1 2 3 4 5; do costs+=" $(per_handover "$frames" "$name")"; done
		echo "CPU per hand-over: $peer$costs microseconds"
		row "added CPU per hand-over, $peer : dmasan" us \
			"$(added "$bare" "$own")" "$(added "$bare" "$costs")" above 10
	done
}

small() { v4l2-ctl -d $node -v width=320,height=180,pixelformat=NV12 >/dev/null; }

# added BARE WITH: differences in turn, at least the clock's resolution
added() {
	paste <(tr ' ' '\n' <<<"${1# }") <(tr ' ' '\n' <<<"${2# }") |
		awk 'NF == 2 { d = $2 - $1; printf "%s%s", (n++ ? " " : ""), (d > 0.5 ? d : 0.5) }'
}

# ---- one buffer, many processes: the library's part of a bracket's two edges ----

pair_cost() { # WHO: bare and with the library, guard off and on, as "BARE OFF ON"
	local bare off on
	bare=$(build/tests/handover "$1" | awk '{ print $2 }')
	off=$(OPTIONS=guard=off:frames=0 shared_run "$1")
	on=$(OPTIONS=frames=0 shared_run "$1")
	awk -v b="$bare" -v o="$off" -v n="$on" 'BEGIN { print o - b, n - b }'
}

shared_run() {
	mkdir -p "$work/run"
	DMASAN_OPTIONS=report=0:dir=$work/run:$OPTIONS LD_PRELOAD=$lib build/tests/handover "$1" | awk '{ print $2 }'
	rm -rf "$work/run"
}

measure_processes() {
	local who off on
	declare -A offs=() ons=()
	for _ in 1 2 3 4 5; do
		for who in alone known mapped; do
			read -r off on < <(pair_cost "$who")
			offs[$who]+=" $off" ons[$who]+=" $on"
		done
	done
	for who in alone known mapped; do echo "bracket's pair, $who: guard off${offs[$who]}, on${ons[$who]} ns"; done
	row "hand-over, buffer known elsewhere : alone" ns "${offs[alone]# }" "${offs[known]# }" ratio 1.1
	row "the same, guard on" ns "${ons[alone]# }" "${ons[known]# }" ratio 1.1
	row "hand-over, buffer mapped elsewhere : alone" ns "${offs[alone]# }" "${offs[mapped]# }" ratio 10
}

# ---- size of the trace of a capture, stacks and names stored once ----

measure_trace() {
	small
	mkdir "$work/kept"
	DMASAN_OPTIONS=report=0:dir=$work/kept LD_PRELOAD=$lib capture_program 2000 >/dev/null 2>&1
	"$tool" dump --json "$work/kept" >"$work/dump"
	row "trace bytes per event, capture of 2000 frames" B 0 \
		"$(jq -s '(map(.slot) | max + 1) * 64 / (map(select(.event | IN("meta", "module", "build-id") | not)) | length)' "$work/dump")" most 64
	rm -rf "$work/kept"
}

# ---- the kernel's side: all that this processor does while a capture runs at 60 frames a second ----

cat >"$work/watched" <<'EOT'
#!/bin/sh
busy() { awk '$1 == "cpu0" { print $8 }' /proc/schedstat; } # ns that tasks ran
for i in 1 2 3 4 5; do
	sleep 1
	a=$(busy) s=$(date +%s%N)
	capture_program 300 >/dev/null 2>&1
	b=$(busy) e=$(date +%s%N)
	echo "$a $b $s $e" | awk '{ print ($2 - $1) * 100 / ($4 - $3) }'
done >$1
EOT
chmod +x "$work/watched"

measure_kernel() {
	local side
	small
	for side in no-kernel kernel; do
		"$tool" run --$side -o "$work/$side" --format json="$work/$side.json" --format text -- "$work/watched" "$work/$side.busy" >"$work/$side.out" 2>&1
		echo "kernel's side, --$side: exit status $?, busy $(xargs <"$work/$side.busy") % of a core"
		tail -n 3 "$work/$side.out"
	done
	row "the kernel's side, 60 frames a second" "% of a core" "$(xargs <"$work/no-kernel.busy")" "$(xargs <"$work/kernel.busy")" added 2
	row "events of the kernel that were lost" events 0 "$(jq .coverage.kernel.lost_events "$work/kernel.json")" most 0
	row "events of the kernel that were recorded" events 0 "$(jq .coverage.kernel.events "$work/kernel.json")"
	row "CPU time of bpftrace to record them (in the report)" ms 0 "$(jq '.coverage.kernel.record_cpu_ns / 1e6' "$work/kernel.json")"
	row "CPU time of bpftrace to attach (in the report)" ms 0 "$(jq '.coverage.kernel.attach_cpu_ns / 1e6' "$work/kernel.json")"
}

measure_pipelines() {
	measure_pipeline "1080p NV12" 1920 1080 2 14
	measure_pipeline "4K NV12" 3840 2160 2 6
}

[ $# -gt 0 ] || set -- peers trace pipelines processes kernel
for part; do
	since=$SECONDS
	"measure_$part"
	echo "part $part: $((SECONDS - since)) s"
done
