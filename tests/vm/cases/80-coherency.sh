# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# run --coherency: what another machine would do to correct programs (nothing) and to wrong ones.
# COHERENCY=long: every policy, ten seeds; else bounce and random.

FRAMES=$ROOT/build/tests/frames
policies="stale stale7 random bounce"
some="random bounce" seeds="1"
[ "${COHERENCY:-}" != long ] || some=$policies seeds="1 2 3 4 5 6 7 8 9 10"
yuyv=1280x360 i420="640x360 320x180 320x180"
scratch=$WORK/coherency
mkdir -p "$scratch"

# emulate NAME POLICY SEED [dmasan options] -- PROGRAM...
emulate() {
	local name=$1 policy=$2 seed=$3
	shift 3
	run "$name" --coherency "$policy" --seed "$seed" "$@"
}

# ---- the table ----

column=0
for policy in real $policies; do
	for kind in heap udmabuf; do
		emulate "matrix-$policy-$kind" "$policy" 1 --error-exitcode 0 -- "$ROOT/build/tests/coherency_matrix" $kind $column
		check "nine sequences, $kind, $policy" "exit $RC, $(grep expected "$OUT" | xargs)" equal "$RC $(grep -c "^$kind" "$OUT")" "0 9"
	done
	column=$((column + 1))
done
check "policy and seed stand in the report" "$(q .coherency)" equal "$(q '.coherency.policy + " " + (.coherency.seed | tostring)')" "bounce 1"

# ---- ways to use a buffer that an emulation could break ----

"$ROOT/build/tests/coherency_cases" "$CAP" >"$scratch/cases.bare" 2>&1
check "the cases run bare" "$(cat "$scratch/cases.bare")" test "$(grep -c right "$scratch/cases.bare")$(grep -c WRONG "$scratch/cases.bare")" = 100
for policy in $some; do
	emulate "cases-$policy" "$policy" 1 -- "$ROOT/build/tests/coherency_cases" "$CAP"
	check "ten ways to use a buffer, $policy: as bare" "$(diff "$scratch/cases.bare" "$OUT")" cmp -s "$scratch/cases.bare" "$OUT"
	check "and without a finding" "exit $RC, $(q '[.findings[].rule] | join(" ")')" equal "$RC" 0
done
check "what is never stale keeps its mapping, and the report says so" "$(q '[.coverage.blind_spots[] | select(startswith("coherency="))]')" \
	test "$(q '[.coverage.blind_spots[] | select(test("coherency=.* [1-9][0-9]* of memory that is never stale"))] | length')" = 1

# ---- correct programs ----

# program NAME FILE FRAMES: the command in CMD, the planes of what it writes in PLANES
program() {
	local file=$2 n=$3
	local gst=(gst-launch-1.0 -q v4l2src "device=$CAP" "num-buffers=$n")
	local tail=(! "video/x-raw,format=YUY2,width=640,height=360" ! videoconvert ! "video/x-raw,format=I420" ! filesink "location=$file")
	PLANES=$yuyv
	case $1 in
	v4l2-mmap) CMD=(v4l2-ctl -d "$CAP" --stream-mmap "--stream-count=$n" "--stream-to=$file") ;;
	v4l2-user) CMD=(v4l2-ctl -d "$CAP" --stream-user "--stream-count=$n" "--stream-to=$file") ;;
	gst-mmap) CMD=("${gst[@]}" io-mode=mmap "${tail[@]}") PLANES=$i420 ;;
	gst-dmabuf) CMD=("${gst[@]}" io-mode=dmabuf "${tail[@]}") PLANES=$i420 ;;
	gst-userptr) CMD=("${gst[@]}" io-mode=userptr "${tail[@]}") PLANES=$i420 ;;
	ffmpeg) CMD=(ffmpeg -loglevel error -y -f v4l2 -input_format yuyv422 -video_size 640x360 -i "$CAP" -frames:v "$n" -fps_mode passthrough -f rawvideo "$file") ;;
	esac
}
programs="v4l2-mmap v4l2-user gst-mmap gst-dmabuf gst-userptr ffmpeg"
n=6
v4l2-ctl -d "$CAP" --set-ctrl osd_text_mode=2 --set-fmt-video=width=640,height=360,pixelformat=YUYV >/dev/null

for name in $programs; do
	program "$name" "$scratch/bare-$name.raw" $n
	"${CMD[@]}" >/dev/null 2>&1 </dev/null
	for policy in $some; do
		program "$name" "$scratch/x.raw" $n
		rm -f "$scratch/x.raw"
		emulate "static-$name-$policy" "$policy" 1 -- "${CMD[@]}"
		check "$name, static, $policy: byte for byte" "exit $RC, $(cmp "$scratch/bare-$name.raw" "$scratch/x.raw" 2>&1)" cmp -s "$scratch/bare-$name.raw" "$scratch/x.raw"
		[ "$(q '.coherency.shadowed')" != 0 ] || fail "$name, $policy" "nothing was shadowed"
	done
done

v4l2-ctl -d "$CAP" --set-ctrl horizontal_movement=5
for name in $programs; do
	for policy in $some; do
		for seed in $([ "$policy" = random ] && echo "$seeds" || echo 1); do
			program "$name" "$scratch/x.raw" $n
			emulate "moving-$name-$policy" "$policy" "$seed" -- "${CMD[@]}"
			# shellcheck disable=SC2086 # one word per plane
			got=$("$FRAMES" "$scratch/x.raw" $PLANES)
			check "$name, moving, $policy seed $seed: every frame new and whole" "exit $RC, $got" equal "$got" "$n frames, $n distinct, 0 torn"
		done
	done
	# the same cells must fail when what DQBUF and SYNC START fetch is left out
	program "$name" "$scratch/x.raw" 14
	DMASAN_OPTIONS=fetch=0 emulate "broken-$name" stale 1 -- "${CMD[@]}"
	# shellcheck disable=SC2086
	got=$("$FRAMES" "$scratch/x.raw" $PLANES)
	check "$name without what is fetched: frames are wrong" "$got" test "$got" != "14 frames, 14 distinct, 0 torn"
done

# ---- v4l2-ctl without SYNC ----

skip_sync() { # POLICY SEED FILE
	emulate "skip-$1" "$1" "$2" -- v4l2-ctl -d "$CAP" --stream-dmabuf -E "$CAP2" --stream-count=14 "--stream-to=$3"
}
v4l2-ctl -d "$CAP2" --set-fmt-video=width=640,height=360,pixelformat=YUYV >/dev/null
skip_sync stale 1 "$scratch/x.raw"
check "no SYNC, moving, stale: the first four frames for ever" "$("$FRAMES" "$scratch/x.raw" $yuyv)" equal "$("$FRAMES" "$scratch/x.raw" $yuyv)" "14 frames, 4 distinct, 0 torn"
skip_sync bounce 1 "$scratch/x.raw"
check "no SYNC, moving, bounce: one black picture" "$("$FRAMES" "$scratch/x.raw" $yuyv)" equal "$("$FRAMES" "$scratch/x.raw" $yuyv)" "14 frames, 1 distinct, 0 torn"
check "the finding says what became of the frames" "$(q '[.findings[] | select(.rule == "SYN02") | .consequence]')" \
	equal "$(q '[.findings[] | select(.rule == "SYN02") | .consequence | .lines == 7200 and .differ == 7200 and .times > 0] | (length > 0) and all')" true
check "and so does the text" "$(grep -m1 'lines stale' "$ERR")" grep -q 'frame [0-9]* differs from what the device wrote: 7200 of 7200 lines stale' "$ERR"
skip_sync random 1 "$scratch/x.raw"
check "no SYNC, moving, random: all frames torn" "$("$FRAMES" "$scratch/x.raw" $yuyv)" equal "$("$FRAMES" "$scratch/x.raw" $yuyv)" "14 frames, 14 distinct, 14 torn"
v4l2-ctl -d "$CAP" --set-ctrl horizontal_movement=3
v4l2-ctl -d "$CAP" --stream-mmap --stream-count=14 "--stream-to=$scratch/bare.raw" >/dev/null 2>&1
skip_sync stale 1 "$scratch/x.raw"
check "no SYNC, static, stale: not visible" "$("$FRAMES" --diff "$scratch/x.raw" "$scratch/bare.raw" 460800 | sort -u | xargs)" equal "$("$FRAMES" --diff "$scratch/x.raw" "$scratch/bare.raw" 460800 | sort -u | xargs)" 0
skip_sync bounce 1 "$scratch/x.raw"
check "no SYNC, static, bounce: every line of every frame" "$("$FRAMES" --diff "$scratch/x.raw" "$scratch/bare.raw" 460800 | xargs)" \
	equal "$("$FRAMES" --diff "$scratch/x.raw" "$scratch/bare.raw" 460800 | sort -u | xargs)" 7200
for seed in 1 1 2; do
	skip_sync random $seed "$scratch/x.raw"
	set -- "$@" "$(md5sum <"$scratch/x.raw")"
	wrong=$("$FRAMES" --diff "$scratch/x.raw" "$scratch/bare.raw" 460800 | xargs)
done
check "no SYNC, static, random: half of the lines, then a quarter ..." "$wrong" \
	test "$(awk '{ print ($1 > 3300 && $1 < 3900 && $5 > 1600 && $5 < 2000 && $9 > 750 && $9 < 1050) }' <<<"$wrong")" = 1
check "the same seed damages the same lines, another others" "$*" test "${*: -3:1}" = "${*: -2:1}" -a "${*: -2:1}" != "${*: -1}"
set --

# ---- the pictures of docs/coherency.md ----

# shellcheck source=tests/vm/pictures.sh
. "$ROOT/tests/vm/pictures.sh"
pictures "$VM_OUT/pictures"
check "one defect, five policies, five pictures" "$(ls "$VM_OUT/pictures")" equal "$(find "$VM_OUT/pictures" -size +1k | wc -l)" 5
check "no two pictures of real, stale, random, bounce are equal" "$(cd "$VM_OUT/pictures" && md5sum ./*)" \
	equal "$(cd "$VM_OUT/pictures" && md5sum real.png stale.png random.png bounce.png | cut -d' ' -f1 | sort -u | wc -l)" 4

rm -rf "$scratch"
