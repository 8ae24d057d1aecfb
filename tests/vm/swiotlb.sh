#!/bin/bash
# SPDX-License-Identifier: MIT
# For a guest with swiotlb=force: a heap buffer of 64 KiB imported into vgem really bounces.  What the CPU
# then sees, with no dmasan at all, must be the column of --coherency bounce.
set -u
cd "$(dirname "$0")/../.." || exit 70
# shellcheck source=tests/lib.sh
. tests/lib.sh

modprobe vgem
grep -q swiotlb=force /proc/cmdline || { skip swiotlb "the kernel was not started with swiotlb=force"; summary swiotlb; exit; }
build/tests/coherency_matrix heap 4 vgem >"$TMPDIR"/matrix 2>&1
rc=$?
check "rows 3, 8, 9 with real bounce buffers agree with the column of bounce" "$(xargs <"$TMPDIR"/matrix)" \
	equal "$rc $(grep -c expected "$TMPDIR"/matrix) $(grep -c ^heap "$TMPDIR"/matrix)" "0 0 3"
summary swiotlb
