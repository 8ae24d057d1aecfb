# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Media programs on a device that shows a still picture: the same frames with and without dmasan. Every pipeline on both
# allocators with TRANSPARENT=long (make harmless-long).

# frames NAME FILTER COMMAND...: what FILTER leaves of stdout agrees, and it is not empty
frames() {
	local name=$1 filter=$2 bare
	shift 2
	timeout 60 "$@" 2>"$WORK/f-$name.err" </dev/null | $filter >"$WORK/f-$name.bare"
	run "f-$name" -- timeout 60 "$@"
	$filter <"$OUT" >"$WORK/f-$name.traced"
	bare=$(sort -u "$WORK/f-$name.bare" | head -n 3 | tr '\n' ' ')
	# shellcheck disable=SC2034 # shown by check
	LOG=$ERR
	check "$name: the same frames ($(wc -l <"$WORK/f-$name.bare") hashes, ${bare:0:12}...)" \
		"exit $RC; bare $(head -n 3 "$WORK/f-$name.bare" | tr '\n' ' '), traced $(head -n 3 "$WORK/f-$name.traced" | tr '\n' ' ')" \
		test "$(wc -c <"$WORK/f-$name.bare")" -gt 30 -a "${bare:0:12}" != "${EMPTY:0:12}" -a "$(cat "$WORK/f-$name.bare")" = "$(cat "$WORK/f-$name.traced")"
	check "$name: the frames were observed" "$(q '.statistics.events | tojson')" test "$(q '.statistics.events.claim // 0')" -ge "${CLAIMS:-10}"
	rm -f "$OUT"
}

EMPTY=$(sha256sum </dev/null)
hash_all() { sha256sum | cut -d' ' -f1; }
last_field() { awk -F, '!/^#/ { gsub(/ /, "", $NF); print $NF }'; }

# one of each on one allocator, or all on both
wanted() { [ "${TRANSPARENT:-short}" = long ] || [[ " gst-dmabuf-vmalloc ffmpeg-contig " == *" $1 "* ]]; }

ffmpeg=(ffmpeg -nostdin -v error -f v4l2 -input_format yuyv422 -video_size 640x480)
small='video/x-raw,width=640,height=480'
for instance in 0 2; do
	node=$(vivid_node $instance vid-cap)
	kind=$([ $instance = 0 ] && echo vmalloc || echo contig)
	v4l2-ctl -d "$node" -c osd_text_mode=2 -c test_pattern=0 >/dev/null
	v4l2-ctl -d "$node" --set-fmt-video=width=640,height=480,pixelformat=YUYV >/dev/null
	for mode in mmap dmabuf; do
		! wanted "gst-$mode-$kind" || frames "gst-$mode-$kind" hash_all gst-launch-1.0 -q v4l2src device="$node" num-buffers=12 io-mode=$mode ! \
			"$small" ! videoconvert ! video/x-raw,format=RGB ! fdsink fd=1
	done
	! wanted "ffmpeg-$kind" || frames "ffmpeg-$kind" last_field "${ffmpeg[@]}" -i "$node" -frames:v 12 -f framemd5 -
	! wanted "v4l2-ctl-$kind" || frames "v4l2-ctl-$kind" hash_all v4l2-ctl -d "$node" --stream-mmap --stream-count=12 --stream-to=-
done
# libv4l2's preload between the program and libc: its conversion, and copies that it hands out; so no buffer is guarded
convert=$(find /usr/lib -path '*/libv4l/v4l2convert.so' -print -quit)
if [ -n "$convert" ]; then
	CLAIMS=0 frames v4l2convert last_field env LD_PRELOAD="$ROOT/build/lib/libdmasan.so $convert" \
		"${ffmpeg[@]}" -i "$CAP" -frames:v 12 -f framemd5 -
else
	skip v4l2convert "not in this image"
fi
v4l2-ctl -d "$CAP" -c osd_text_mode=0 >/dev/null
