#!/bin/sh
# SPDX-License-Identifier: MIT
# Writes the lists that the build derives from the tree, so that nothing is registered by hand.
set -eu

case "${1:-}" in
formats) # one FMT(name) per report/fmt_name.c
	for file in report/fmt_*.c; do
		name=${file#report/fmt_}
		printf 'FMT(%s)\n' "${name%.c}"
	done | sort
	;;
exports) # linker map: every symbol of libc.def, and nothing else
	printf '{\n\tglobal:\n'
	sed -nE 's/^(FN|IO|IOV|MSG)\([^,]+, *([A-Za-z0-9_]+),.*/\t\t\2;/p' preload/libc.def | sort
	printf '\tlocal: *;\n};\n'
	;;
*)
	echo "usage: mklist.sh formats|exports" >&2
	exit 2
	;;
esac
