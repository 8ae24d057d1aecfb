#!/bin/bash
# SPDX-License-Identifier: MIT
# Builds dmasan_test.ko against Debian's headers of trixie's kernel, in the root that scripts/vm modules builds its own in:
# build.sh RESULT.ko
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/../../../scripts/lib/common.sh"
vm_dir=$repo_root/build/vm
# shellcheck source=scripts/lib/debian.sh
. "$repo_root/scripts/lib/debian.sh"
# shellcheck source=scripts/lib/vm-image.sh
. "$repo_root/scripts/lib/vm-image.sh"
# shellcheck source=scripts/lib/vm-modules.sh
. "$repo_root/scripts/lib/vm-modules.sh"

[[ $# -eq 1 ]] || die 2 "usage: build.sh RESULT.ko"
[[ $EUID -eq 0 ]] || die 77 "SKIP: building the test module needs root (chroot)"
tmp=$repo_root/build/bpf/tmp.$$
on_exit_clean_up
mkdir -p "$tmp" "$vm_dir" "${1%/*}"
lock_images
need_module_root
mkdir -p "$module_root/dmasan_test"
cp "$(dirname "$0")/Makefile" "$(dirname "$0")/dmasan_test.c" "$module_root/dmasan_test/"
module_make /dmasan_test
cp "$module_root/dmasan_test/dmasan_test.ko" "$1"
