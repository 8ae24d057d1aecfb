# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Correct media programs on both allocators: no finding, exit 0, verdict clean.

silent() { # INSTANCE NAME
	local cap out
	cap=$(vivid_node "$1" vid-cap) out=$(vivid_node "$1" vid-out)
	run "$2-mmap" -- v4l2-ctl -d "$cap" --stream-mmap --stream-count=20
	expect_clean "$2: v4l2-ctl --stream-mmap"
	if [ "$2" = vmalloc ]; then
		run "$2-user" -- v4l2-ctl -d "$cap" --stream-user --stream-count=20
		expect_clean "$2: v4l2-ctl --stream-user"
	fi
	run "$2-out" -- v4l2-ctl -d "$out" --stream-out-mmap --stream-count=20
	expect_clean "$2: v4l2-ctl --stream-out-mmap"
	for mode in mmap dmabuf auto; do
		run "$2-gst-$mode" -- gst-launch-1.0 -q v4l2src device="$cap" num-buffers=20 io-mode=$mode ! \
			videoconvert ! video/x-raw,format=RGB ! fakesink
		expect_clean "$2: v4l2src io-mode=$mode ! videoconvert ! RGB"
	done
	# the loop back to the output negotiates only with these colours
	v4l2-ctl -d "$cap" -c colorspace=1,transfer_function=1
	run "$2-gst-import" -- gst-launch-1.0 -q v4l2src device="$cap" num-buffers=20 io-mode=dmabuf ! \
		v4l2sink device="$out" io-mode=dmabuf-import
	expect_clean "$2: v4l2src io-mode=dmabuf ! v4l2sink io-mode=dmabuf-import"
	run "$2-ffmpeg" -- ffmpeg -nostdin -v error -f v4l2 -i "$cap" -frames:v 30 -f rawvideo -y "$WORK/ff.raw"
	expect_clean "$2: ffmpeg -f v4l2 -frames:v 30"
	rm -f "$WORK/ff.raw"
}
silent 0 vmalloc
silent 2 dma-contig
