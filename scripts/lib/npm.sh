# SPDX-License-Identifier: MIT
# Other people's parsers, schemas and browser driver for the tests of reports.
# shellcheck shell=bash

# Install what tests/browser/package-lock.json names into build/npm, once per version of that file; NODE_PATH leads there.
npm_modules() {
	local from=tests/browser to=build/npm
	export NODE_PATH=$PWD/$to/node_modules
	cmp -s $from/package-lock.json $to/installed && return
	command -v npm >/dev/null || { echo "npm is not installed (scripts/setup report)" >&2; return 1; }
	rm -rf $to && mkdir -p $to && cp $from/package.json $from/package-lock.json $to/ || return
	if ! npm ci --prefix $to --ignore-scripts --omit=peer --no-audit --no-fund >$to/log 2>&1; then
		tail -n 5 $to/log >&2
		return 1
	fi
	cp $from/package-lock.json $to/installed
}
