# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Tokens and suppressions over rebuilds, addresses and stripped files, with real ELF files.

# The defect lies in draw(); a second version of the program has more code before it.
cat >camera.c <<'C'
#ifdef NEWER
int unrelated(int n) { int s = 0; for (int i = 0; i < n; i++) s += i * n; return s; }
#endif
__attribute__((noinline)) int draw(volatile char *p) { p[0] = 1; return p[1]; }
__attribute__((noinline)) int frame(volatile char *p) { return draw(p) + 1; }
int main(void) { char c[2] = {0, 0}; return frame(c) > 9; }
C
mkdir -p v1 v2 v3
gcc -g -O1 -Wl,--build-id camera.c -o v1/camera
gcc -g -O1 -Wl,--build-id -DNEWER camera.c -o v2/camera
gcc -g -O1 -Wl,--build-id -shared -fPIC -fvisibility=hidden camera.c -o v1/libcamera.so
strip -o v3/camera v1/camera
strip -o v3/libcamera.so v1/libcamera.so
symbol() { printf '0x%x' $((0x$(nm "$1" | awk -v n="$2" '$3 == n { print $1 }') + $3)); }
id_of() { readelf -n "$1" | sed -n 's/.*Build ID: //p'; }

# record NAME FILE WITH-SYMBOLS [KEY=VALUE...]: as if FILE had run
record() {
	local name=$1 file=$2 from=$3
	shift 3
	make_run "$name" module="$WORK/$file" build_id="$(id_of "$file")" frame="$(symbol "$from" draw 3)" caller="$(symbol "$from" frame 9)" prior="$(symbol "$from" main 4)" "$@"
}

record first v1/camera v1/camera
record moved v1/camera v1/camera base=0x55f0a1c00000
check "a token does not depend on where the program was loaded" "$(tokens first) $(tokens moved)" equal "$(tokens first)" "$(tokens moved)"
record rebuilt v2/camera v2/camera base=0x560000000000 pid=4711
check "the rebuilt program is another file, with other offsets" "it is not" test "$(id_of v1/camera)" != "$(id_of v2/camera)" -a "$(symbol v1/camera draw 0)" != "$(symbol v2/camera draw 0)"
check "a token survives a rebuild that does not touch its functions" "$(tokens first) $(tokens rebuilt)" equal "$(tokens first)" "$(tokens rebuilt)"
mkdir -p other && cp v1/camera other/camera
make_run machine module="$WORK/other/camera" build_id="$(id_of v1/camera)" frame="$(symbol v1/camera draw 3)" caller="$(symbol v1/camera frame 9)" prior="$(symbol v1/camera main 4)" comm=camera pid=9 device=/dev/video3
check "a token does not depend on path, process or device number" "$(tokens first) $(tokens machine)" equal "$(tokens first)" "$(tokens machine)"
record line v1/camera v1/camera frame="$(symbol v1/camera frame 3)"
check "another function is another token" "$(tokens first)" test "$(tokens first)" != "$(tokens line)"
"$DMASAN" check --write-baseline first.base first >/dev/null 2>&1
exits 0 "a baseline covers the rebuilt program on another machine" check --baseline first.base rebuilt machine moved

# stripped: no names, so module and offset, or build-id
for file in camera libcamera.so; do
	from=v1/$file
	record stripped "v3/$file" "$from"
	check "$file: frames have no names" "$(j '.findings[0].access.stack' stripped)" equal "$(j '[.findings[].access.stack[].function] | unique | join("")' stripped)" ""
	record stripped-moved "v3/$file" "$from" base=0x7fff00000000
	check "$file: the token does not depend on the address" "$(tokens stripped)" equal "$(tokens stripped)" "$(tokens stripped-moved)"
	printf '[a]\nmodule = %s\noffset = %s\nframe = top\n' "$file" "$(symbol "$from" draw 3)" >offset.supp
	exits 0 "$file: suppressed by module and offset" check --suppressions offset.supp stripped
	printf '[a]\nbuild-id = %s\n' "$(id_of "v3/$file")" >id.supp
	exits 0 "$file: suppressed by build-id" check --suppressions id.supp stripped
	printf '[a]\nbuild-id = %s\noffset = 0x1\n' "$(id_of "v3/$file")" >wrong.supp
	exits 66 "$file: another offset does not cover it" check --suppressions wrong.supp stripped
	printf '[a]\nfunction = draw\n' >name.supp
	exits 66 "$file: a name cannot cover what has none" check --suppressions name.supp stripped
	"$DMASAN" check --gen-suppressions stripped >made.supp 2>/dev/null
	exits 0 "$file: the generated entry covers it" check --suppressions made.supp stripped
done
rm v2/camera
ask check rebuilt
says "a program that is gone is told, and judged all the same" 'no symbols for .*v2/camera'
check "and its finding stays" "exit $RC" equal "$RC" 66
gcc -g -O1 -Wl,--build-id -DNEWER -DX=1 -O2 camera.c -o v2/camera
ask check rebuilt
says "a file that is not the one that ran gives no names" 'its build-id differs'
