# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# A recording of another machine, judged here: its files are below a directory.

cat >board.c <<'C'
int fill(int x) { return x + 1; }
int main(void) { return fill(1); }
C
gcc -g -O0 board.c -o board-program
id=$(readelf -n board-program | sed -n 's/.*Build ID: //p')
at=$((0x$(nm board-program | awk '$3 == "fill" { print $1 }') + 4))
make_run foreign module=/opt/camera/app frame=$at caller=$at prior=$at build_id="$id"
first() { jq -c '.findings[0].access.stack[0] | [.function, (.file | split("/") | last), .line]' .out; }

mkdir -p whole/opt/camera split/opt/camera split/usr/lib/debug/.build-id/"${id:0:2}" other/opt/camera
cp board-program whole/opt/camera/app
objcopy --strip-all board-program split/opt/camera/app
objcopy --only-keep-debug board-program split/usr/lib/debug/.build-id/"${id:0:2}/${id:2}.debug"
gcc -g -O1 board.c -o other/opt/camera/app

ask report --format json foreign
check "without the board's files a frame is module and offset" "$(first)" equal "$(first)" '["",null,0]'
says "and why is said" 'no symbols for /opt/camera/app: No such file or directory'
ask report --sysroot whole --format json foreign
check "--sysroot: a file with debug information" "$(first)" equal "$(first)" '["fill","board.c",1]'
ask report --sysroot split --format json foreign
check "--sysroot: a stripped file, and separate debug information" "$(first)" equal "$(first)" '["fill","board.c",1]'
ask check --sysroot other --sysroot whole --format json foreign
check "check --sysroot twice: the file of another build is passed over" "$(first)" equal "$(first)" '["fill","board.c",1]'
ask report --sysroot other --format json foreign
check "a file of another build names nothing" "$(first)" equal "$(first)" '["",null,0]'
says "and that is said" 'no symbols for /opt/camera/app: the file is not the one that ran'
exits 2 "--sysroot of a directory that is none" report --sysroot missing foreign
says "names it" "option '--sysroot': missing: No such file or directory"
