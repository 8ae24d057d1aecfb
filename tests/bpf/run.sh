#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the kernel side's tests in one boot per kernel: run.sh [bookworm|trixie|sid]...
# Builds the workload (and, for trixie, the module) on the host; tests/bpf/guest.sh is what runs in the guest.
set -euo pipefail

# shellcheck source=scripts/lib/common.sh
. "$(dirname "$0")/../../scripts/lib/common.sh"
cd "$repo_root"
out=build/bpf
mkdir -p "$out"

build_workload() {
	local flags
	read -ra flags <<<"$(pkg-config --cflags libdrm)"
	gcc -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wformat=2 -Werror -g -O1 \
		"${flags[@]}" -iquote tests/programs tests/bpf/workload.c tests/programs/common*.c -o "$out/workload" -pthread
}

build_workload
[[ $# -gt 0 ]] || set -- bookworm trixie sid
status=0
for kernel in "$@"; do
	[[ $kernel != trixie ]] || bash tests/bpf/module/build.sh "$out/dmasan_test.ko"
	note "booting $kernel ..."
	scripts/vm run --kernel "$kernel" --out "$out/out-$kernel" -- bash tests/bpf/guest.sh "$kernel" || status=1
done
if [[ " $* " == *" trixie "* ]]; then
	note "booting trixie with swiotlb=force ..."
	scripts/vm run --kernel trixie --append swiotlb=force --out "$out/out-force" -- bash tests/bpf/guest.sh force || status=1
fi
exit "$status"
