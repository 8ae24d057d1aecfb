# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Python with OpenCV reads a camera that shows a still picture: the same frames with and without dmasan, on both allocators, and no
# finding. OpenCV is big, so only the image of make harmless-long has it.

if ! python3 -c 'import cv2' 2>/dev/null; then
	skip "Python with OpenCV" "not in this image; make harmless-long brings python3-opencv"
else
	for instance in 0 2; do
		node=$(vivid_node $instance vid-cap)
		v4l2-ctl -d "$node" -c osd_text_mode=2 -c test_pattern=0 >/dev/null
		timeout 200 python3 "$ROOT/tests/vm/opencv.py" "$node" 12 >"$WORK/opencv.bare" 2>"$WORK/opencv.err"
		run "opencv-$instance" -- timeout 200 python3 "$ROOT/tests/vm/opencv.py" "$node" 12
		# shellcheck disable=SC2034 # shown by check
		LOG=$WORK/opencv.err
		check "OpenCV $(python3 -c 'import cv2; print(cv2.__version__)') on $node: the same $(wc -l <"$WORK/opencv.bare") hashes" \
			"bare $(tail -n 1 "$WORK/opencv.bare"), traced $(tail -n 1 "$OUT")" \
			test "$(wc -l <"$WORK/opencv.bare")" = 24 -a "$(cat "$WORK/opencv.bare")" = "$(cat "$OUT")"
		check "OpenCV on $node: its hand-overs were observed" "$(q '.statistics.events | tojson')" test "$(q '.statistics.events.claim // 0')" -ge 12
		expect_clean "OpenCV on $node"
		v4l2-ctl -d "$node" -c osd_text_mode=0 >/dev/null
	done
fi
