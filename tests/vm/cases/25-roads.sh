# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Correct programs on the roads of codecs, requests, cameras and displays: no finding, exit 0, verdict clean.

# road NAME COMMAND...: silent under dmasan; first alone, so that a silence means something
road() {
	local name=$1 key
	shift
	key=road-$(echo "$name" | tr -c 'A-Za-z0-9\n' - | cut -c1-40)
	if ! timeout 60 "$@" >"$WORK/$key.bare" 2>&1 </dev/null; then
		fail "$name" "it does not work without dmasan" "$WORK/$key.bare"
		return
	fi
	run "$key" -- timeout 120 "$@"
	expect_clean "$name"
}

# Number of different values of field $2 in the $1 events of the last run.
kinds_of() { "$DMASAN" dump --json "$DIR" | jq -r "select(.event == \"$1\") | $2" | sort -u | wc -l; }

# seen NAME EVENT FIELD N: the last run had at least N of them, so that its silence means something
seen_at_least() {
	local n
	n=$(kinds_of "$2" "$3")
	check "$1: $n different $2 were recorded" "fewer than $4" test "$n" -ge "$4"
}

QUEUE='(.buffer_name | sub(" [0-9]+"; ""))'

# modetest flips until it reads a line, with -a until it is ended. That it flipped at all is for seen_at_least to say.
flips() { # DRIVER SIZE [OPTION...]
	local driver=$1 size=$2 id
	shift 2
	id=$(modetest -M "$driver" -c 2>/dev/null | awk '$3 == "connected" { print $1; exit }')
	road "modetest -v $* on $driver" bash -c "(sleep 3; echo) | timeout 6 modetest -M $driver -s $id:$size -v $* >/dev/null; :"
	seen_at_least "modetest -v $* on $driver" scanout '.fields.state' 2
}

if [ -n "$NO_MODULES" ]; then
	skip "codecs, requests, vimc and vkms" "$NO_MODULES"
else
	codec_registry
	pretend_udev
	road "vim2m: two queues of one descriptor, equal indexes" v4l2-ctl -d "$(driver_node vim2m)" --stream-mmap --stream-out-mmap --stream-count=20
	seen_at_least "vim2m" claim "$QUEUE" 2
	ffmpeg -nostdin -v error -f lavfi -i testsrc=size=320x240:rate=10 -frames:v 5 -c:v libx264 -y "$WORK/in.h264" </dev/null
	road "stateless H.264 with requests on visl" "${CODEC_ENV[@]}" gst-launch-1.0 -q filesrc location="$WORK/in.h264" ! \
		h264parse ! v4l2slh264dec ! videoconvert ! "video/x-raw,format=RGB" ! fakesink
	seen_at_least "stateless H.264 on visl" claim .fields.call 2
	export LIBCAMERA_PIPELINES_MATCH_LIST=vimc
	road "cam on vimc" cam -c 1 --capture=5
	seen_at_least "cam on vimc" claim .buffer 2
	road "libcamerasrc on vimc" gst-launch-1.0 -q libcamerasrc ! "video/x-raw,format=RGB,width=640,height=480" ! \
		identity eos-after=5 ! videoconvert ! "video/x-raw,format=NV12" ! fakesink
	seen_at_least "libcamerasrc on vimc" claim .buffer 2
	unset LIBCAMERA_PIPELINES_MATCH_LIST
	road "v4l2src ! kmssink on vkms" gst-launch-1.0 -q v4l2src device="$CAP" num-buffers=10 ! videoconvert ! \
		kmssink driver-name=vkms force-modesetting=true
	seen_at_least "v4l2src ! kmssink on vkms" scanout .fields.fb 2
	flips vkms 1024x768
	plane=$(modetest -M vkms -p 2>/dev/null | awk '/^Planes/ { on = 1 } on && $1 ~ /^[0-9]+$/ && NF > 5 { print $1; exit }')
	crtc=$(modetest -M vkms -p 2>/dev/null | awk '/^CRTCs/ { on = 1 } on && $1 ~ /^[0-9]+$/ { print $1; exit }')
	flips vkms 1024x768 -a -P "$plane@$crtc:1024x768"
fi
if has_driver virtio_gpu; then
	flips virtio_gpu 640x480
else
	skip "modetest -v on virtio-gpu" "no virtio-gpu: QEMU has no such device here"
fi

# dmasan dump --buffer of every buffer against the kernel's own trace of the same run, event for event
TRACING=/sys/kernel/tracing

# traced EVENT... -- NAME COMMAND...: a road, with these events in $WORK/kernel.trace
traced() {
	local events=()
	while [ "$1" != -- ]; do events+=("$TRACING/events/$1/enable"); shift; done
	echo mono >$TRACING/trace_clock # the dump's
	echo 16384 >$TRACING/buffer_size_kb
	echo >$TRACING/trace
	echo 1 | tee "${events[@]}" >/dev/null
	shift
	run kernel-trace -- timeout 240 "${@:2}"
	echo 0 | tee "${events[@]}" >/dev/null
	cat $TRACING/trace >"$WORK/kernel.trace"
	expect_clean "$1"
}

# same_story NAME video|fences: of the last traced run
same_story() {
	local id compared
	for id in $(q '.buffers[].id'); do "$DMASAN" dump --json --buffer "$id" "$DIR"; done >"$WORK/buffers.json"
	LOG=$WORK/compare.out
	python3 tests/vm/compare-dump.py "$2" "$WORK/buffers.json" "$WORK/kernel.trace" >"$LOG" 2>&1
	compared=$?
	check "$1: dump and the kernel's trace tell the same story: $(tail -n 1 "$LOG")" "they differ" equal "$compared" 0
}

VIDEO_EVENTS=(v4l2/v4l2_qbuf v4l2/v4l2_dqbuf vb2/vb2_buf_done)
if [ -n "$NO_MODULES" ]; then
	skip "dump of a decoder against the kernel's trace" "$NO_MODULES"
else
	traced "${VIDEO_EVENTS[@]}" -- "v4l2fwhtenc ! v4l2fwhtdec on vicodec" "${CODEC_ENV[@]}" gst-launch-1.0 -q videotestsrc num-buffers=16 ! \
		"video/x-raw,format=NV12,width=1280,height=720" ! v4l2fwhtenc ! v4l2fwhtdec ! fakesink
	seen_at_least "v4l2fwhtenc ! v4l2fwhtdec" claim "$QUEUE" 4
	same_story "v4l2fwhtenc ! v4l2fwhtdec, four queues" video
	# ten seconds of 25 pictures
	enc=$(driver_node vicodec stateful-encoder) dec=$(driver_node vicodec stateful-decoder)
	v4l2-ctl -d "$enc" --set-fmt-video-out=width=640,height=360 --stream-mmap --stream-out-mmap --stream-count=250 \
		--stream-to="$WORK/in.fwht" >/dev/null 2>&1
	traced "${VIDEO_EVENTS[@]}" -- "v4l2-ctl decodes FWHT on vicodec" \
		v4l2-ctl -d "$dec" --stream-mmap --stream-out-mmap --stream-from="$WORK/in.fwht" --stream-to=/dev/null
	same_story "v4l2-ctl decodes 250 pictures, both queues" video
	rm -f "$WORK/in.fwht" "$WORK/in.h264"
fi
for name in own05_asked_not_waited own05_syncobj; do
	traced dma_fence/dma_fence_init dma_fence/dma_fence_signaled -- "$name waits" "$ROOT/build/programs/$name.twin"
	same_story "$name waits" fences
done
