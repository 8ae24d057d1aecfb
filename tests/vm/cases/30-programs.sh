# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# The programs of tests/programs: every defect under its rule at the right line, every twin silent.

declare -A tried=() seen=() near=() still=() rows=()
defects=0 found=0 twins=0 quiet=0

# Does the report hold rule $1 with a stack (either site) through line $2 of file $3?
at_line() {
	jq -e --arg rule "$1" --argjson line "$2" --arg file "$3" \
		'[.findings[] | select(.rule == $rule) | (.access.stack + (.prior.stack // []))[] | select(.line == $line and (.file | endswith($file)))] | length > 0' \
		"$JSON" >/dev/null
}

rules_of() { sed -n 's/^ \* rule: *//p' "$1" | tr ' ' '\n'; }

# The exporters of which a program may take its buffers beside the heap: a row of a real project is tried on all.
# EXPORTERS=all in the environment: every program is.
exporters() { # NAME SOURCE
	local devices
	devices=$(sed -n 's/^ \* exporters: *//p' "$2")
	devices=${devices:-$(sed -n 's/^ \* devices: *//p' "$2")}
	[[ $1 == a[0-9]* || ${EXPORTERS:-} == all ]] && grep -qE 'dbufs?_new|dbuf_alloc|video_stream_dmabuf' "$2" || return 0
	echo udmabuf
	[[ $devices != *vivid* ]] || echo vivid
}

# The source says which rule is broken on which line: /* EXPECT RULE */
defect() { # NAME SOURCE
	local expect line rule missing='' options severity worst allowed extra label=$1${EXPORTER:+ on $EXPORTER}
	options=$(sed -n 's/^ \* options: *//p' "$2")
	# shellcheck disable=SC2086 # one option a word
	run "p-$1" $options -- "$ROOT/build/programs/$1"
	if grep -q '^SKIP' "$ERR"; then skip "$label" "$(grep -m1 '^SKIP' "$ERR")"; return; fi
	defects=$((defects + 1))
	while IFS=: read -r line expect; do
		for rule in ${expect//,/ }; do at_line "$rule" "$line" "${2##*/}" || missing+=" $rule at line $line"; done
	done < <(grep -nE 'EXPECT [A-Z]{3}[0-9]{2}' "$2" | sed -E 's/^([0-9]+):.*EXPECT ([A-Z0-9, ]+[0-9]).*/\1:\2/')
	for rule in $(rules_of "$2"); do tried[$rule]=$((${tried[$rule]:-0} + 1)); done
	severity=$(sed -n 's/^ \* severity: *//p' "$2")
	worst=$(q '[.findings[].severity] | if index("error") then "error" elif index("warning") then "warning" else "none" end')
	allowed=" $(sed -n 's/^ \* rule: *//p' "$2") $(sed -n 's/^ \* may: *//p' "$2") "
	extra=$(for rule in $(q '[.findings[].rule] | unique | .[]'); do [[ $allowed == *" $rule "* ]] || echo "$rule"; done)
	if [ -n "$missing" ]; then
		fail "$label" "not found:$missing; found: $(q '[.findings[] | .rule + "@" + ((.access.stack + (.prior.stack // []))[0:3] | map(.line | tostring) | join(","))] | join(" ")')" "$ERR"
	elif [ -n "$extra" ]; then
		fail "$label" "found besides: $extra" "$ERR"
	elif [[ $severity != *"$worst"* ]]; then
		fail "$label" "severity $worst, expected $severity" "$ERR"
	elif [ "$RC" != "$([ "$worst" = error ] && echo 66 || echo 0)" ]; then
		fail "$label" "exit status $RC" "$ERR"
	else
		for rule in $(rules_of "$2"); do seen[$rule]=$((${seen[$rule]:-0} + 1)); done
		found=$((found + 1)); pass "$label: $(sed -n 's/^ \* rule: *//p' "$2")"
	fi
}

# The rules of which a correct program is a near miss: those that its other half breaks, or that it names.
near_of() { sed -n 's/^ \* \(rule\|near\): *//p' "$1" | tr ' ' '\n' | grep -E '^[A-Z]{3}[0-9]{2}$'; }

# t05_name.c stands for row 5 of the list of correct sequences; a program for two rows names the other one: " * rows: T11"
note_row() { # NAME SOURCE silent|skipped|loud: the worst of a row's programs stays
	local row
	[[ $1 =~ ^t0?([0-9]+)_ ]] || return 0
	for row in "${BASH_REMATCH[1]}" $(sed -n 's/^ \* rows: *//p' "$2" | tr -d T); do
		[[ $3 == loud || ${rows["$row"]:-silent} == silent ]] && rows["$row"]=$3
	done
	return 0
}

correct() { # NAME SOURCE
	local rule options label=$1${EXPORTER:+ on $EXPORTER}
	options=$(sed -n 's/^ \* options: *//p' "$2")
	# shellcheck disable=SC2086 # one option a word
	run "p-$1" $options -- "$ROOT/build/programs/$1"
	if grep -q '^SKIP' "$ERR"; then note_row "$1" "$2" skipped; skip "$label" "$(grep -m1 '^SKIP' "$ERR")"; return; fi
	twins=$((twins + 1))
	for rule in $(near_of "$2"); do near[$rule]=$((${near[$rule]:-0} + 1)); done
	if [ "$RC" = 0 ] && [ "$(q .verdict)" = clean ]; then
		quiet=$((quiet + 1)); pass "$label is silent"
		note_row "$1" "$2" silent
		for rule in $(near_of "$2"); do still[$rule]=$((${still[$rule]:-0} + 1)); done
	elif [[ $1 == *latent* || $1 == t10* ]] && [ "$RC" = 0 ] && [ "$(q '[.findings[].latent] | all')" = true ]; then
		quiet=$((quiet + 1)); pass "$label has latent warnings alone"
		note_row "$1" "$2" silent
	else
		note_row "$1" "$2" loud
		fail "$label" "exit $RC, $(q .verdict): $(q '[.findings[].rule] | unique | join(" ")') $(q '.coverage.taints | join("; ")')" "$ERR"
	fi
}

for source in "$ROOT"/tests/programs/[a-z]*.c; do
	name=${source##*/} name=${name%.c}
	[[ $name =~ ${PROGRAMS:-.} ]] || continue # a pattern, for work on one of them
	for EXPORTER in '' $(exporters "$name" "$source"); do
		export EXPORTER
		case $name in
		common*) ;;
		t[0-9]*) correct "$name" "$source" ;;
		*)
			defect "$name" "$source"
			correct "$name.twin" "$source"
			;;
		esac
	done
done
unset EXPORTER
echo "      rule   defects found / tried   near misses silent / tried"
without=
for rule in $("$DMASAN" explain | awk '{ print $1 }'); do
	# what drivers do has its rows in tests/bpf/side.sh and guest.sh, where the kernel's side is recorded
	[[ $rule != @(KRN*|ADV04|ADV05) ]] || continue
	printf '      %s  %5d / %-5d %12d / %d\n' "$rule" "${seen[$rule]:-0}" "${tried[$rule]:-0}" "${still[$rule]:-0}" "${near[$rule]:-0}"
	[[ -n ${tried[$rule]:-} && -n ${near[$rule]:-} ]] || without+=" $rule"
done
[ -n "${PROGRAMS:-}" ] || check "every rule has a defect that raises it and a near miss that does not" "without:$without" equal "$without" ""

# the 38 rows of the list of correct sequences (tests/programs/README.md)
declare -A elsewhere=([17]="25-roads.sh: LAST and empty buffers end the decoders' streams" [27]="85-processes.sh"
	[37]="own07_read_after_promise: there the access is the defect")
silent=0 skipped=0 lost=
for row in {1..38}; do
	case ${rows[$row]:-} in
	silent) silent=$((silent + 1)) ;;
	skipped) skipped=$((skipped + 1)) ;;
	loud) lost+=" T$row" ;;
	*)
		if [ -n "${elsewhere[$row]:-}" ]; then echo "      row T$row is tested elsewhere: ${elsewhere[$row]}"
		else lost+=" T$row"; fi
		;;
	esac
done
echo "      rows silent: $silent of 38 here, ${#elsewhere[@]} tested elsewhere, $skipped skipped"
[ -n "${PROGRAMS:-}" ] || check "every row of the correct sequences is silent, or named with a reason" "not:$lost" equal "$lost" ""
echo "      defects found $found of $defects, silent $quiet of $twins that must be"

# guard=every sees each store and load, guard=first one per growing run of pages
for mode in first every; do
	run "l1-$mode" --guard $mode -- "$ROOT/build/programs/guard_modes"
	eval "count_$mode=$(q '[.findings[] | select(.rule == "OWN01") | .count] | add')"
done
# shellcheck disable=SC2154
if [ "$(uname -m)" = x86_64 ]; then
	check "guard=every counts each of 300 writes" "counted $count_every" equal "$count_every" 300
else
	skip "guard=every counts each of 300 writes" "single steps are for x86-64"
fi
# shellcheck disable=SC2154
check "guard=first counts one run of pages per write that leaves it" "counted $count_first" equal "$count_first" 5
