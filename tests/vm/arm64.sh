#!/bin/bash
# SPDX-License-Identifier: MIT
# What an arm64 guest can show: the cross-built command and library on real drivers.  Debian's arm64 kernel has no system heap,
# and the guest no media programs beside v4l2-ctl, so buffers come from udmabuf and vivid.
cd "$(dirname "$0")/../.." || exit 70
for part in bin lib programs harmless tests; do
	rm -rf "build/$part" && cp -a "build/arm64/$part" build/ || exit 70
done
bad=0
echo "# 10-live-defects.sh, on $(uname -m)"
tests/vm/run 10-live-defects || bad=1
PROGRAMS=. EXPORTERS=all tests/vm/run 30-programs || bad=1
tests/vm/run 40-killed || bad=1
tests/vm/run 80-harmless || bad=1
exit $bad
