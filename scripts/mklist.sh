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
rules) # docs/rules.md, from the command that knows them
	tool=${DMASAN:-build/bin/dmasan}
	# shellcheck disable=SC2016 # the text names a command
	printf '# Rules\n\nMade by `scripts/mklist.sh rules` from core/rules.def and report/examples.def.\n'
	for id in $("$tool" explain | awk '{ print $1 }'); do
		printf '\n## %s\n\n' "$id"
		"$tool" explain "$id" | sed 's/^/    /; s/ *$//'
	done
	;;
*)
	echo "usage: mklist.sh formats|exports|rules" >&2
	exit 2
	;;
esac
