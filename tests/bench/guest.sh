#!/bin/bash
# SPDX-License-Identifier: MIT
# The part of the benchmarks that needs real drivers: runs in the guest, in one boot.  Writes lines
# "NAME, UNIT, BARE ..., WITH ..., HOW, LIMIT" for tests/bench/run, separated by tabs.  With "processes": that part alone.
set -u
cd "$(dirname "$0")/../.." || exit 70

figures=$VM_OUT/figures
work=$(mktemp -d)
: >"$figures"
lib=$PWD/build/lib/libdmasan.so
modprobe vivid n_devs=1 num_inputs=1 input_types=0x03
node=/dev/video0
echo "guest: $(uname -r), accelerated or not: $(grep -m1 'model name' /proc/cpuinfo | cut -d: -f2)"

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

row() { printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$@" >>"$figures"; }

# ---- a correct pipeline: frame rate and CPU time ----

pipeline() { # WIDTH HEIGHT FRAMES
	gst-launch-1.0 -q v4l2src device=$node num-buffers="$3" io-mode=mmap ! \
		"video/x-raw,format=NV12,width=$1,height=$2" ! videoconvert n-threads=1 ! \
		video/x-raw,format=RGB ! fakesink sync=false
}

measure_pipeline() { # NAME WIDTH HEIGHT FRAMES
	local pair cpu0='' cpu1='' fps0='' fps1='' cpu real
	pipeline "$2" "$3" 2 >/dev/null 2>&1 || { echo "SKIP  $1: the pipeline does not run"; return; }
	for pair in 1 2 3 4 5; do
		read -r cpu real < <(clocked pipeline "$2" "$3" "$4")
		cpu0+=" $cpu" fps0+=" $(awk -v n="$4" -v t="$real" 'BEGIN { print n / t }')"
		read -r cpu real < <(clocked traced pipeline "$2" "$3" "$4")
		cpu1+=" $cpu" fps1+=" $(awk -v n="$4" -v t="$real" 'BEGIN { print n / t }')"
		echo "pair $pair: CPU$cpu0 |$cpu1, frames/s$fps0 |$fps1"
	done
	row "CPU time, GStreamer $1 to RGB" s "${cpu0# }" "${cpu1# }" ratio 1.03
	row "its slowdown (bare frame rate : with)" frames/s "${fps1# }" "${fps0# }" ratio 1.02
}

# ---- peers: CPU time that each hand-over costs more than bare ----

few=40 many=440 # frames: two hand-overs each

# The slope between a short and a long capture: start-up costs nothing here.
per_handover() { # COMMAND... (in front of the capture); prints microseconds of CPU
	local a b
	read -r a _ < <(clocked "$@" capture_program $few)
	read -r b _ < <(clocked "$@" capture_program $many)
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
peer_valgrind() { valgrind --tool=none -q v4l2-ctl -d $node --stream-mmap --stream-count="$2"; }
peer_v4l2_tracer() { (cd "$work" && v4l2-tracer trace v4l2-ctl -d $node --stream-mmap --stream-count="$2"); }

measure_peers() {
	local bare='' own='' peer name costs
	v4l2-ctl -d $node -v width=320,height=180,pixelformat=NV12 >/dev/null
	for _ in 1 2 3; do
		bare+=" $(per_handover bare_command)"
		own+=" $(per_handover traced)"
	done
	echo "CPU per hand-over: bare$bare, dmasan$own microseconds"
	for peer in strace ltrace uftrace valgrind v4l2-tracer; do
		name=peer_${peer//-/_}
		command -v $peer >/dev/null || { echo "SKIP  peer $peer: not installed in the guest"; continue; }
		"$name" x 4 >/dev/null 2>&1 || { echo "SKIP  peer $peer: cannot run v4l2-ctl here"; continue; }
		costs=
		for _ in 1 2 3; do costs+=" $(per_handover "$name")"; done
		echo "CPU per hand-over: $peer$costs microseconds"
		row "added CPU per hand-over, $peer : dmasan" us \
			"$(added "$bare" "$own")" "$(added "$bare" "$costs")" above 10
	done
}

# added BARE WITH: differences in turn, at least the clock's resolution
added() {
	paste <(tr ' ' '\n' <<<"${1# }") <(tr ' ' '\n' <<<"${2# }") |
		awk '{ d = $2 - $1; printf "%s%s", n++ ? " " : "", d > 0.5 ? d : 0.5 }'
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

if [ "${1:-}" = processes ]; then
	measure_processes
	exit
fi
measure_pipeline "1080p NV12" 1920 1080 30
measure_pipeline "4K NV12" 3840 2160 8
measure_peers
