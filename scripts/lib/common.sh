# SPDX-License-Identifier: MIT
# Messages, tool checks and child processes that the shell scripts of this project share.
# shellcheck shell=bash

repo_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
prog=${0##*/}
tmp=                            # scratch directory of this process, removed at exit
# mke2fs, ldconfig and the like: on the path of root alone
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
children=()                     # processes that this script started and still has

note() { printf '%s: %s\n' "$prog" "$*" >&2; }

die() {                         # die STATUS MESSAGE...
	local status=$1
	shift
	note "$*"
	exit "$status"
}

# Installs a package group of scripts/setup when one of the named tools is missing.
need_tools() {                  # need_tools GROUP TOOL...
	local group=$1 tool
	shift
	for tool in "$@"; do
		command -v "$tool" >/dev/null && continue
		"$repo_root/scripts/setup" "$group" || exit
		command -v "$tool" >/dev/null || die 2 "$tool is missing although group '$group' of scripts/setup is installed"
	done
}

# In the background, because bash would run the signal traps only after a foreground child ended; as a session of its own,
# so that an interruption ends the child's own children too.
run_child() {                   # run_child PROGRAM...
	local pid status=0
	setsid "$@" &
	pid=$!
	children+=("$pid")
	wait "$pid" || status=$?
	forget_child "$pid"
	return "$status"
}

forget_child() {
	local pid kept=()
	for pid in "${children[@]}"; do
		[[ $pid == "$1" ]] || kept+=("$pid")
	done
	children=("${kept[@]}")
}

cleanup() {
	local pid
	trap - ERR
	set +e
	for pid in "${children[@]}"; do
		kill -- "-$pid" 2>/dev/null || kill "$pid" 2>/dev/null
		wait "$pid"
	done
	[[ -z $tmp ]] || rm -rf "$tmp"
}

# Without this, a failure that nobody expected would end a script without a word.
set -E
trap 'die 70 "internal error: $BASH_COMMAND (line $LINENO of ${BASH_SOURCE[0]##*/})"' ERR

on_exit_clean_up() {
	trap cleanup EXIT
	trap 'exit 129' HUP
	trap 'exit 130' INT
	trap 'exit 143' TERM
}

hash_of() { printf '%s\0' "$@" | sha256sum | cut -c1-16; }
