# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The pictures of docs/coherency.md: one defect, five policies, five frames.

# pictures DIR: v4l2-ctl shows imported buffers without SYNC; frame 6 of each run as DIR/<policy>.png
pictures() {
	local policy raw=$WORK/picture.raw
	mkdir -p "$1"
	v4l2-ctl -d "$CAP" --set-ctrl osd_text_mode=0,horizontal_movement=6,test_pattern=0 \
		--set-fmt-video=width=640,height=360,pixelformat=YUYV >/dev/null
	v4l2-ctl -d "$CAP2" --set-fmt-video=width=640,height=360,pixelformat=YUYV >/dev/null
	for policy in real stale stale7 random bounce; do
		"$DMASAN" run -o "$WORK/picture-$policy" --coherency $policy --error-exitcode 0 -- \
			v4l2-ctl -d "$CAP" --stream-dmabuf -E "$CAP2" --stream-count=7 "--stream-to=$raw" \
			>/dev/null 2>&1 </dev/null
		ffmpeg -loglevel error -y -f rawvideo -pixel_format yuyv422 -video_size 640x360 -i "$raw" \
			-vf "select=eq(n\\,6)" -frames:v 1 -pix_fmt pal8 "$1/$policy.png" </dev/null
	done
	v4l2-ctl -d "$CAP" --set-ctrl osd_text_mode=2,horizontal_movement=3 >/dev/null
	rm -f "$raw"
}
