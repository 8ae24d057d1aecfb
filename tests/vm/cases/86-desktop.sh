# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Daemons with their clients, the whole tree in one run: PipeWire with its V4L2 node, weston with a dma-buf client.
# What is expected was confirmed by hand from the traces (docs/processes.md); the awk below confirms it anew,
# without dmasan's analyser.

desk=$WORK/desktop
mkdir -p "$desk" && chmod 700 "$desk"
# a webcam: PipeWire negotiates nothing with an input whose timings are fixed
rmmod vivid && modprobe vivid n_devs=1 num_inputs=1 input_types=0x00 num_outputs=1 output_types=0x01
camera=$(vivid_node 0 vid-cap)

# By inode, whoever has the buffer: "while a device had it, while none had it, brackets" of the accesses in a run's dump.
timeline() {
	"$DMASAN" dump "$DIR" | awk '
	function number(key,   i) { for (i = 4; i <= NF; i++) if (index($i, key "=") == 1) return substr($i, length(key) + 2) }
	{ process = $2; sub("/.*", "", process); b = process " " number("buffer") }
	$3 == "alias" || $3 == "buffer" { if (number("inode")) inode[b] = number("inode") }
	$3 == "claim" { held[inode[b]] = 1 }
	$3 == "release" { held[inode[b]] = 0 }
	$3 == "access" { if (held[inode[b]]) during++; else outside++ }
	$3 == "sync" { brackets++ }
	END { print during + 0, outside + 0, brackets + 0 }'
}

cat >"$desk/pipewire.sh" <<'EOT'
pipewire -c "$1/pipewire.conf" >"$1/pipewire.log" 2>&1 & daemon=$!
for i in $(seq 200); do pw-link -o 2>/dev/null | grep -q camera && break; sleep 0.2; done
gst-launch-1.0 -q pipewiresrc autoconnect=false num-buffers=12 stream-properties="props,node.name=client" ! \
	video/x-raw,format=YUY2,width=320,height=180,framerate=25/1 ! videoconvert ! video/x-raw,format=RGB ! fakesink & client=$!
for i in $(seq 200); do pw-link camera:capture_1 client:input_1 2>/dev/null && break; sleep 0.2; done
wait $client || exit
kill $daemon
wait $daemon
EOT
sed "s|CAMERA|$camera|" "$ROOT/tests/vm/pipewire.conf" >"$desk/pipewire.conf"
XDG_RUNTIME_DIR=$desk run pipewire -- timeout 120 sh "$desk/pipewire.sh" "$desk"
read -r during outside _ < <(timeline)
check "pipewire: the client has read frames" "exit $RC, $(tail -n 3 "$ERR")" test "$during" -gt 0
check "pipewire: nothing but OWN02 and LIF02" "$(q '[.findings[].rule] | tojson')" equal "$(q '[.findings[].rule] | unique | join(" ")')" "LIF02 OWN02"
check "pipewire: OWN02 is the client's read after the daemon's VIDIOC_QBUF" "$(q '[.findings[] | select(.rule == "OWN02") | [.access.comm, .access.via, .prior.comm, .prior.event]] | unique | tojson')" \
	equal "$(q '[.findings[] | select(.rule == "OWN02") | .access.comm + " " + .prior.comm + " " + .prior.event] | unique | join("; ")')" "gst-launch-1.0 pipewire VIDIOC_QBUF"
check "pipewire: each read was while the daemon's device had the buffer" "$during during, $outside outside, findings count $(q '[.findings[] | select(.rule == "OWN02") | .count] | add')" \
	equal "$outside $(q '[.findings[] | select(.rule == "OWN02") | .count] | add')" "0 $during"
check "pipewire: LIF02 is the daemon's own descriptor" "$(q '[.findings[] | select(.rule == "LIF02")] | tojson' | head -c 500)" \
	equal "$(q '[.findings[] | select(.rule == "LIF02") | .access.comm + " " + .prior.event] | join("; ")')" "pipewire VIDIOC_EXPBUF"

# llvmpipe imports dma-bufs itself only where no DRM device offers to. The client ends with the compositor, which may die.
cat >"$desk/weston.sh" <<'EOT'
weston --backend=headless --renderer=gl --shell=kiosk --socket=wl --width=320 --height=240 --no-config >"$1/weston.log" 2>&1 & server=$!
for i in $(seq 300); do [ -S "$XDG_RUNTIME_DIR/wl" ] && break; sleep 0.2; done
WAYLAND_DISPLAY=wl timeout -s INT 45 weston-simple-dmabuf-v4l -v "$2" -f XR24 -d XR24
kill $server 2>/dev/null
wait $server
exit 0
EOT
v4l2-ctl -d "$camera" -v width=320,height=180,pixelformat=XR24 >/dev/null
mount -t tmpfs none /dev/dri
XDG_RUNTIME_DIR=$desk LIBGL_ALWAYS_SOFTWARE=true run weston -- sh "$desk/weston.sh" "$desk" "$camera"
umount /dev/dri
read -r during outside brackets < <(timeline)
check "weston: the compositor has read a client's buffer" "exit $RC, $(tail -n 3 "$desk/weston.log")" test "$outside" -gt 0
# with several processors llvmpipe's threads are still reading when the client has the buffer back and queues it
raced=$([ "$during" = 0 ] || echo OWN02)
# a client that comes to its end closes each of its four descriptors once more; when the compositor dies before, none
twice=$("$DMASAN" dump "$DIR" | grep -c ' stale .*call=close failed=EBADF')
wanted="$([ "$twice" = 0 ] || echo "LIF04 ")${raced:+$raced }SYN02"
check "weston: $wanted, and nothing else" "$(q '[.findings[].rule] | tojson'), $twice second closes" \
	equal "$(q '[.findings[].rule] | unique | join(" ")')" "$wanted"
check "weston: SYN02 is the compositor's read, and no process opened a bracket" "$during during, $outside outside, $brackets brackets" \
	equal "$brackets $(q '[.findings[] | select(.rule == "SYN02") | .access.comm] | unique | join(" ")') $(q '[.findings[] | select(.rule == "SYN02") | .count] | add')" "0 weston $outside"
check "weston: OWN02 is each of the compositor's reads while the client's device had the buffer ($during)" "$(q '[.findings[] | select(.rule == "OWN02") | [.count, .access.comm, .prior.event]] | tojson')" \
	equal "$(q '[.findings[] | select(.rule == "OWN02" and .access.comm == "weston" and .prior.comm == "weston-simple-d" and .prior.event == "VIDIOC_QBUF") | .count] | add // 0')" "$during"
check "weston: a device had written the buffer, so it is not latent" "$(q '[.findings[] | [.rule, .latent, .severity]] | tojson')" \
	equal "$(q '[.findings[] | select(.rule == "SYN02") | .latent] | any')" false
check "weston: LIF04 is each second close of the client's descriptors ($twice)" "$(q '[.findings[] | select(.rule == "LIF04") | [.access.comm, .count]] | tojson')" \
	equal "$(q '[.findings[] | select(.rule == "LIF04" and .access.comm == "weston-simple-d")] | length') $([ "$twice" = 0 ] || [ "$twice" = 4 ]; echo $?)" "$twice 0"
rmmod vivid && load_vivid
