# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Runs programs under dmasan in the guest and asks the JSON report.

ROOT=/repo
DMASAN=$ROOT/build/bin/dmasan
WORK=$VM_OUT/work
mkdir -p "$WORK"

# The node of vivid instance $1 with function $2 (vid-cap, vid-out).
vivid_node() {
	local name
	for name in /sys/class/video4linux/video*/name; do
		if [ "$(cat "$name")" = "vivid-00$1-$2" ]; then
			name=${name%/name}
			echo "/dev/${name##*/}"
			return
		fi
	done
}

# The video node that driver $1 made first, or that with the name $2.
driver_node() {
	local node
	for node in $(printf '%s\n' /sys/class/video4linux/video* | sort -V); do
		node=/dev/${node##*/}
		v4l2-ctl -d "$node" --info 2>/dev/null | grep -q "Driver name *: $1\$" || continue
		[ -z "${2:-}" ] || grep -qF "$2" "/sys/class/video4linux/${node##*/}/name" || continue
		echo "$node"
		return
	done
}

# GStreamer makes an element for each codec node that it finds: the image's registry was made without any.
# A registry of the few plugins that are used here takes two seconds. Sets CODEC_ENV, what goes before a pipeline.
codec_registry() {
	local name
	CODEC_ENV=(env "GST_REGISTRY=$WORK/codecs.bin" "GST_PLUGIN_SYSTEM_PATH_1_0=$WORK/plugins")
	mkdir -p "$WORK/plugins"
	for name in coreelements video4linux2 videoconvertscale videotestsrc v4l2codecs videoparsersbad typefindfunctions; do
		ln -sf "/usr/lib/$(uname -m)-linux-gnu/gstreamer-1.0/libgst$name.so" "$WORK/plugins/"
	done
	"${CODEC_ENV[@]}" GST_REGISTRY_UPDATE=yes gst-inspect-1.0 >/dev/null 2>&1
}

# libcamera takes only devices that udev has seen; there is no udev here, so leave what it would.
pretend_udev() {
	local dev
	mkdir -p /run/udev/data
	for dev in /sys/class/video4linux/*/dev /sys/bus/media/devices/*/dev; do
		[ ! -e "$dev" ] || echo I:1 >"/run/udev/data/c$(cat "$dev")"
	done
}

# The configuration that libcamera 0.4.0 does not install for its virtual camera.
virtual_camera() {
	mkdir -p /usr/share/libcamera/pipeline/virtual
	printf '%%YAML 1.1\n---\n"Virtual0":\n  test_pattern: "bars"\n' >/usr/share/libcamera/pipeline/virtual/virtual.yaml
}

# Is there a card of DRM driver $1?
has_driver() { modetest -M "$1" -c 2>/dev/null | grep -q connected; }

# What scripts/vm modules built for this kernel; says why there is nothing when there is nothing.
load_test_modules() {
	local dir name
	dir=$(echo "$ROOT/build/vm/modules-$(uname -r)"-*)
	[ -d "$dir" ] || { echo "no modules for $(uname -r): scripts/vm modules builds them, as root"; return 1; }
	modprobe -a videobuf2-vmalloc videobuf2-dma-contig videobuf2-v4l2 v4l2-tpg drm_shmem_helper drm_kms_helper 2>/dev/null
	for name in v4l2-mem2mem vim2m vicodec visl vimc vkms; do
		[ -d "/sys/module/${name//-/_}" ] || insmod "$dir/$name.ko" || { echo "$name does not load"; return 1; }
	done
}

# The kernel's side takes 20 s to attach in an emulated guest: tests/bpf looks at it, with KERNEL_SIDE=--kernel.
# run NAME [dmasan options] -- PROGRAM...: sets RC, DIR, JSON, OUT, ERR; LOG for failures
run() {
	local name=$1
	shift
	DIR=$WORK/$name JSON=$WORK/$name.json OUT=$WORK/$name.out ERR=$WORK/$name.err
	# shellcheck disable=SC2034 # shown by check and fail
	LOG=$ERR
	rm -rf "$DIR"
	"$DMASAN" run "${KERNEL_SIDE:---no-kernel}" -o "$DIR" --format "json=$JSON" --format text "$@" >"$OUT" 2>"$ERR" </dev/null
	RC=$?
}

# q FILTER: what jq says about the last report
q() { jq -r "$1" "$JSON" 2>/dev/null; }

# Number of findings of rule $1.
count() { q "[.findings[] | select(.rule == \"$1\")] | length"; }

# A correct program: exit 0, clean, nothing lost.
expect_clean() {
	if [ "$RC" != 0 ]; then
		fail "$1" "exit status $RC" "$ERR"
	elif [ "$(q .verdict)" != clean ]; then
		fail "$1" "verdict $(q .verdict): $(q '[.findings[].rule] | unique | join(" ")') $(q '.coverage.taints | join("; ")')" "$ERR"
	elif [ "$(q .coverage.events)" -lt 10 ]; then
		fail "$1" "only $(q .coverage.events) events: nothing was observed" "$ERR"
	else
		pass "$1"
	fi
}
