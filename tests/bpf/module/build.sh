#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds dmasan_test.ko against Debian's headers of trixie's kernel, in a throw-away Debian root with that release's compiler:
# build.sh RESULT.ko
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/../../../scripts/lib/common.sh"
# shellcheck source=scripts/lib/debian.sh
. "$repo_root/scripts/lib/debian.sh"

[[ $# -eq 1 ]] || die 2 "usage: build.sh RESULT.ko"
[[ $EUID -eq 0 ]] || die 77 "SKIP: building the test module needs root (chroot)"
source_dir=$(cd "$(dirname "$0")" && pwd)
root=$repo_root/build/bpf/module-root
tmp=$repo_root/build/bpf/tmp.$$
on_exit_clean_up
mkdir -p "$tmp" "${1%/*}"
need_tools vm mmdebstrap
if [[ ! -d $root ]]; then
	debian_bootstrap trixie "$tmp/root" "$tmp/root.log" --variant=essential --include=make,gcc,linux-headers-amd64
	mv "$tmp/root" "$root"
fi
mkdir -p "$root/module"
cp "$source_dir/Makefile" "$source_dir/dmasan_test.c" "$root/module/"
headers=$(cd "$root/lib/modules" && ls -d ./*)
env -u TMPDIR chroot "$root" make -s -C /module KDIR="/lib/modules/${headers#./}/build"
cp "$root/module/dmasan_test.ko" "$1"
