# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# run --coherency on other roads of a picture: buffers of the program's own that a queue imports, stores into buffers that
# are queued, and output, seen through vivid's HDMI cable. COHERENCY=long: every policy, else bounce and random.

some="random bounce"
[ "${COHERENCY:-}" != long ] || some="stale stale7 random bounce"
scratch=$WORK/coherency-roads
mkdir -p "$scratch"
video=$ROOT/build/tests/coherency_video

# emulate NAME POLICY -- PROGRAM
emulate() { run "$1" --coherency "$2" --seed 1 "${@:3}"; }

# ---- import ----

# What a policy makes of frames that are read without SYNC.
import_wanted() {
	case $1 in
	sync-*) echo "14 frames, 14 distinct, 0 torn" ;;
	nosync-random) echo "14 frames, 14 distinct, 14 torn" ;;
	*) echo "14 frames, 1 distinct, 0 torn" ;; # what was stored first, for ever
	esac
}
v4l2-ctl -d "$CAP" --set-ctrl osd_text_mode=2,horizontal_movement=5 --set-fmt-video=width=640,height=360,pixelformat=YUYV >/dev/null
for policy in $some; do
	for kind in heap udmabuf; do
		for how in sync nosync; do
			emulate "import-$kind-$how-$policy" "$policy" -- "$video" import $kind $how "$CAP" "$scratch/x.raw"
			got=$("$ROOT/build/tests/frames" "$scratch/x.raw" 1280x360)
			check "own $kind buffers, $how, $policy: $got" "exit $RC" equal "$got $RC" "$(import_wanted "$how-$policy") $([ $how = sync ] && echo 0 || echo 66)"
		done
	done
done

# ---- stores into queued buffers ----

check "stores into queued buffers are lost, bare" "" equal "$("$video" stores "$CAP" | sort -u)" "0 of 2000"
for policy in $some; do
	emulate "stores-$policy" "$policy" -- "$video" stores "$CAP"
	if [ "$policy" = random ]; then
		check "stores into queued buffers, random: half of the lines come back over the frame" "$(xargs <"$OUT")" \
			test "$(awk '$1 > 850 && $1 < 1150' "$OUT" | wc -l)" = 4
	else
		check "stores into queued buffers are lost, $policy" "$(xargs <"$OUT")" equal "$(sort -u "$OUT")" "0 of 2000"
	fi
	check "and are a finding, $policy" "exit $RC" equal "$RC $(q '[.findings[].rule] | unique | join(" ")')" "66 OWN01"
done

# ---- output, through the cable from the output to the input ----

plug() { v4l2-ctl -d "$CAP" --set-ctrl "hdmi_000_0_is_connected_to=$1" >"$scratch/plug" 2>&1; }
for node in "$CAP" "$OUTDEV" "$CAP2"; do
	v4l2-ctl -d "$node" --set-dv-bt-timings index=0 >/dev/null 2>&1
done
v4l2-ctl -d "$OUTDEV" --set-fmt-video-out=width=640,height=480,pixelformat=YUYV >/dev/null
for node in "$CAP" "$CAP2"; do v4l2-ctl -d "$node" --set-fmt-video=width=640,height=480,pixelformat=YUYV >/dev/null; done

# One frame of what comes out while the writer runs: its sum in SHOT, how many different lines it has in LINES.
shot() { # COMMAND...
	local pid
	"$@" >"$scratch/writer.log" 2>&1 &
	pid=$!
	sleep 4
	v4l2-ctl -d "$CAP" --stream-mmap --stream-skip=3 --stream-count=1 "--stream-to=$scratch/shot.raw" >/dev/null 2>&1
	kill "$pid"
	wait "$pid"
	SHOT=$(md5sum <"$scratch/shot.raw")
	LINES=$(python3 -c 'import sys; d = open(sys.argv[1], "rb").read(); print(len({d[i:i + 64] for i in range(0, len(d), 64)}))' "$scratch/shot.raw")
}
writer=(v4l2-ctl -d "$OUTDEV" --stream-count=2000)
under() { # POLICY WRITER-OPTIONS...
	rm -rf "$scratch/run"
	shot "$DMASAN" run --no-kernel --coherency "$1" -o "$scratch/run" -- "${writer[@]}" "${@:2}"
}
if plug 2 && shot "${writer[@]}" --stream-out-mmap && [ "$LINES" -gt 4 ]; then
	bare=$SHOT
	for policy in $some; do
		under "$policy" --stream-out-mmap
		check "output from MMAP buffers, $policy: the picture is bare's" "$SHOT $LINES" equal "$SHOT" "$bare"
	done
	for policy in $some; do
		[ "$policy" != random ] || continue # evicts half of what is left at each hand-over: a picture that stands still arrives in the end
		under "$policy" --stream-out-dmabuf -E "$CAP2"
		check "output from imported buffers without SYNC, $policy: nothing of the picture arrives" "$SHOT $LINES" test "$SHOT" != "$bare" -a "$LINES" = 1
	done
else
	skip "output through the HDMI cable" "vivid of this kernel cannot connect its output to its input"
fi
plug 0
rm -rf "$scratch"
