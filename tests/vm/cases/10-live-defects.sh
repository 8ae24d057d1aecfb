# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Defects that are live in Debian's v4l2-ctl: filled while queued, read and written without SYNC.

run l1 -- timeout 20 v4l2-ctl -d "$CAP" --stream-mmap --stream-count=8 --out-device "$OUTDEV" --stream-out-dmabuf
check "L1 exits with 66" "exit status $RC" equal "$RC" 66
check "L1 is OWN01 on each of the four queued buffers" "$(q '[.findings[] | select(.rule == "OWN01") | .buffer] | unique | length') buffers" \
	equal "$(q '[.findings[] | select(.rule == "OWN01") | .buffer] | unique | length')" 4
check "L1 access: from libc's memcpy into v4l2-ctl, with build-id and offset" "$(q '.findings[0].access.stack[0:2]')" \
	equal "$(q '[.findings[] | select(.rule == "OWN01") | .access.stack | (.[0].module | test("libc.so")) and (.[1].module | test("v4l2-ctl")) and (.[1].build_id | length == 40) and (.[1].offset | test("^0x[0-9a-f]+$"))] | length == 4 and all')" true
check "L1 prior: VIDIOC_QBUF with its own stack" "$(q '.findings[0].prior')" \
	equal "$(q '[.findings[] | select(.rule == "OWN01") | .prior | .event == "VIDIOC_QBUF" and (.stack | length) > 3 and (.stack[0].module | test("v4l2-ctl"))] | length == 4 and all')" true
check "L1 also breaks SYN01" "$(q '.findings[0].also')" equal "$(q '[.findings[] | select(.rule == "OWN01") | .also | index("SYN01") != null] | length == 4 and all')" true
TOKENS=$(q '[.findings[].token] | sort | join(" ")')
run l1-again -- timeout 20 v4l2-ctl -d "$CAP" --stream-mmap --stream-count=8 --out-device "$OUTDEV" --stream-out-dmabuf
check "L1 has the same tokens in a second run" "$(q '[.findings[].token] | sort | join(" ")') != $TOKENS" \
	equal "$(q '[.findings[].token] | sort | join(" ")')" "$TOKENS"
run l1-off --guard off -- timeout 20 v4l2-ctl -d "$CAP" --stream-mmap --stream-count=2 --out-device "$OUTDEV" --stream-out-dmabuf
check "L1 with guard=off finds no access and says so" "exit $RC" \
	equal "$RC $(count OWN01) $(q '[.coverage.blind_spots[] | select(test("guard=off"))] | length > 0')" "0 0 true"

v4l2-ctl -d "$CAP" --stream-dmabuf -E "$CAP2" --stream-count=20 --stream-to="$WORK/bare.raw" >/dev/null 2>&1
run l2 -- v4l2-ctl -d "$CAP" --stream-dmabuf -E "$CAP2" --stream-count=20 --stream-to="$WORK/l2.raw"
check "L2 exits with 66" "exit status $RC" equal "$RC" 66
check "L2 is SYN02 through fwrite" "$(q '[.findings[] | .rule + " " + .access.via]')" \
	equal "$(q '[.findings[] | select(.rule == "SYN02") | .access.via == "fwrite"] | (length > 0) and all')" true
check "L3: LIF02 for every leaked descriptor" "$(count LIF02)" equal "$(count LIF02)" 4
check "L3: the finding names EXPBUF as the birth" "$(q '[.findings[] | select(.rule == "LIF02") | .prior.event]')" \
	equal "$(q '[.findings[] | select(.rule == "LIF02") | .prior.event == "VIDIOC_EXPBUF"] | length == 4 and all')" true
check "L2: the written file is as long as without dmasan" "$(stat -c %s "$WORK/l2.raw") bytes" \
	equal "$(stat -c %s "$WORK/l2.raw")" "$(stat -c %s "$WORK/bare.raw")"
rm -f "$WORK"/*.raw
run l2w -- v4l2-ctl -d "$OUTDEV" --stream-out-dmabuf -E "$CAP2" --stream-count=20
check "L2, write variant: SYN01 and exit 66" "exit $RC, $(count SYN01) findings" equal "$RC $(q '[.findings[] | select(.rule == "SYN01")] | length > 0')" "66 true"

if ! command -v cam >/dev/null; then
	skip "L6 and L7" "libcamera's cam is not in this image"
	return 0
fi

# L6: libcamera's virtual camera draws into heap memory; no device ever has it
pretend_udev
virtual_camera
export LIBCAMERA_PIPELINES_MATCH_LIST=virtual
run l6 -- timeout 60 cam -c 1 -s pixelformat=NV12 --capture=5
check "L6 is a warning: exit 0" "exit status $RC" equal "$RC" 0
check "L6 is latent SYN01, from libcamera's pattern generator, and nothing else" "$(q '[.findings[] | [.rule, .severity, .latent]] | tojson')" \
	equal "$(q '[.findings[] | .rule == "SYN01" and .severity == "warning" and .latent and (.access.stack | any(.function | test("generateFrame")))] | (length > 0) and all')" true
# its frames are empty (bytesused 0), so that nobody reads them; GStreamer maps the whole frame, in brackets
run l6-gst -- timeout 60 gst-launch-1.0 -q libcamerasrc ! "video/x-raw,format=NV12" ! identity eos-after=5 ! \
	videoconvert ! "video/x-raw,format=RGB" ! fakesink
check "L6 read by GStreamer: the reads are in brackets" "exit $RC, $(q '[.findings[].rule] | unique | tojson')" \
	equal "$RC $(q '[.findings[].rule] | unique | join(" ")') $("$DMASAN" dump "$DIR" | grep -c 'sync  *START read' | sed 's/[1-9][0-9]*/some/')" "0 SYN01 some"

# L7: the frames of a device, written to a file by cam's FileSink; libcamerasrc on the same camera is silent (25-roads.sh)
if [ -n "$NO_MODULES" ]; then
	skip "L7: cam writes the frames of vimc" "$NO_MODULES"
else
	export LIBCAMERA_PIPELINES_MATCH_LIST=vimc
	run l7 -- timeout 90 cam -c 1 --capture=3 "--file=$WORK/frame-#.bin"
	check "L7 exits with 66" "exit status $RC" equal "$RC" 66
	check "L7 is SYN02 through write, on each frame that was saved" "$(q '[.findings[] | .rule + " " + .access.via] | tojson')" \
		equal "$(q '[.findings[] | .rule == "SYN02" and .severity == "error" and .access.via == "write" and (.access.stack[0].module | endswith("/cam"))] | length == 3 and all')" true
	check "L7: the files are complete" "$(stat -c %s "$WORK"/frame-*.bin | tr '\n' ' ')" \
		equal "$(stat -c %s "$WORK"/frame-*.bin | sort -u | wc -l) $(cat "$WORK"/frame-*.bin | wc -c)" "1 $((3 * 1920 * 1080 * 3))"
	rm -f "$WORK"/frame-*.bin
fi
unset LIBCAMERA_PIPELINES_MATCH_LIST
